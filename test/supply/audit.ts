/** `npm run audit`: no known weakness in what is shipped, nor in what it is made with. */
import { spawnSync } from 'node:child_process';

/** What `npm audit --json` says of one scope; `unanswered` where the registry has no such service. */
type Audited =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly report: string }
  | { readonly kind: 'unanswered'; readonly why: string };

function audit(...scope: readonly string[]): Audited {
  const { stdout, stderr } = spawnSync('npm', ['audit', '--json', ...scope], { encoding: 'utf8' });
  const answer: unknown = parse(stdout);
  const counts = memberOf(memberOf(answer, 'metadata'), 'vulnerabilities');
  if (counts === undefined) return { kind: 'unanswered', why: textOf(memberOf(answer, 'message')) || stderr.trim() };
  return memberOf(counts, 'total') === 0 ? { kind: 'clean' } : { kind: 'found', report: stdout };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

for (const [what, scope] of [
  ['what is shipped', ['--omit=dev']],
  ['everything', []],
] as const) {
  const audited = audit(...scope);
  switch (audited.kind) {
    case 'clean':
      console.log(`audit: ${what}: no known weakness`);
      break;
    case 'found':
      console.error(audited.report);
      console.error(`audit: ${what}: see above; npm audit fix, or another version`);
      process.exitCode = 1;
      break;
    case 'unanswered':
      // Mirrors have no such service: that is no verdict, and is said.
      console.log(`audit: ${what}: not known, the registry does not answer (${audited.why.slice(0, 200)})`);
  }
}
