/** What the suite may skip, find disabled or unsupported, by its name in the suite's report, with the reason. */
export type Excuses = Readonly<Record<string, string>>;

/** What a run of the suite came to; `text` is for the person who reads it. */
export interface Verdict {
  readonly kind: 'passed' | 'failed' | 'unreadable';
  readonly text: string;
}

type Status = 'Pass' | 'FAIL' | 'Error' | 'Skip' | 'Disabled' | 'Unknown';
interface Line {
  readonly name: string;
  readonly status: Status;
}

/**
 * Judges the suite's own report (its `results.go`): a tree of tests, then the counts, then a table of APIs and one of
 * data. A name that is not `Pass` fails the run, unless it is skipped or disabled and excused.
 */
export function judge(report: string, excuses: Excuses): Verdict {
  const start = report.indexOf('OCI Conformance Result:');
  if (start < 0) return { kind: 'unreadable', text: 'conformance: the suite printed no result' };
  const summary = report.slice(start);
  const lines = [...treeOf(report.slice(0, start)), ...tablesOf(summary)];
  const failed = lines.filter(({ status }) => status === 'FAIL' || status === 'Error' || status === 'Unknown');
  const missing = lines.filter(({ status }) => status === 'Skip' || status === 'Disabled');
  const unexcused = missing.filter(({ name }) => excuses[name] === undefined);
  const excused = missing.filter(({ name }) => excuses[name] !== undefined);
  const text = [
    summary.trimEnd(),
    '',
    ...failed.map(({ name, status }) => `${status}: ${name}`),
    ...unexcused.map(({ name, status }) => `${status}, and not excused: ${name}`),
    ...excused.map(({ name, status }) => `${status}: ${name} (${excuses[name]})`),
    countsOf(summary),
  ].join('\n');
  return { kind: failed.length + unexcused.length === 0 ? 'passed' : 'failed', text };
}

/** Leaves of the tree: `    Parent/Child: Pass`. A parent only repeats the worst of its children. */
function treeOf(tree: string): readonly Line[] {
  const all = tree.split('\n').flatMap((line) => lineOf(/^\s*(.+): (Pass|FAIL|Error|Skip|Disabled|Unknown)$/, line));
  return all.filter(({ name }, at) => all[at + 1]?.name.startsWith(`${name}/`) !== true);
}

/** Rows of the tables: `  Tag listing..........:       Pass`. */
function tablesOf(summary: string): readonly Line[] {
  const row = /^ {2}([^.].*?)\.+: +(Pass|FAIL|Error|Skip|Disabled|Unknown)$/;
  return summary.split('\n').flatMap((line) => lineOf(row, line));
}

function lineOf(pattern: RegExp, line: string): readonly Line[] {
  const [, name, status] = pattern.exec(line) ?? [];
  // The pattern admits only these words.
  return name === undefined ? [] : [{ name, status: status as Status }];
}

function countsOf(summary: string): string {
  const count = (status: Status) => Number(new RegExp(`^ {2}${status}\\.+: +(\\d+)$`, 'm').exec(summary)?.[1] ?? 0);
  const failed = count('FAIL') + count('Error');
  return `conformance: ${count('Pass')} passed, ${failed} failed, ${count('Skip')} skipped, ${count('Disabled')} disabled`;
}
