import { setTimeout as wait } from 'node:timers/promises';
import { dataOf } from './data-of.ts';
import { ask, type ControlOutcome, field, listAt, textAt } from './control.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { print } from './print.ts';
import type { Terminal } from './terminal.ts';

/** What the commands of maintenance have in common. */
export interface MaintenanceOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** How long a command waits before it asks how a task stands, in ms: short at first, for tasks that are. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;
/** A task that takes longer than this, in ms, is told how far it has come, and again after as long. */
const QUIET_MS = 2_000;

/** A task of a running server. */
export interface ServerTask {
  readonly kind: 'gc' | 'verify' | 'backup';
  readonly body: object;
  /** How far it has come, in words. */
  readonly progress: (report: unknown) => string;
}

/** Has a running server do a task, and waits until it is done; says now and then how far it has come. */
export async function runTask(
  terminal: Terminal,
  { data }: MaintenanceOptions,
  { kind, body, progress }: ServerTask,
): Promise<ControlOutcome> {
  const dataDir = dataOf(terminal, { data });
  const begun = await ask(dataDir, terminal.env, () => ({
    method: 'POST',
    path: `/seawall/maintenance/${kind}`,
    body,
  }));
  if (begun.kind === 'failed') return begun;
  const path = `/seawall/maintenance/tasks/${encodeURIComponent(String(field(begun.value, 'id')))}`;
  let toldMs = performance.now();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    await wait(waitMs);
    const asked = await ask(dataDir, terminal.env, () => ({ method: 'GET', path }));
    if (asked.kind === 'failed') return asked;
    const report = field(asked.value, 'report');
    switch (field(asked.value, 'state')) {
      case 'done':
        return { kind: 'done', value: report };
      case 'failed':
        return { kind: 'failed', exit: EXIT.failed, why: String(field(asked.value, 'error')) };
      default:
        if (performance.now() - toldMs < QUIET_MS) break;
        toldMs = performance.now();
        terminal.err(`seawall: ${progress(report)}\n`);
    }
  }
}

/** Tells of a task that could not be done. */
export function failed(
  terminal: Terminal,
  { why, exit }: Extract<ControlOutcome, { readonly kind: 'failed' }>,
): ExitCode {
  terminal.err(`seawall: ${why}\n`);
  return exit;
}

/** A number that a report has; 0 where it has none. */
export function numberAt(report: unknown, name: string): number {
  const found = field(report, name);
  return typeof found === 'number' ? found : 0;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A size for a person: `1.5 GiB`. */
function sizeText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power] ?? ''}`;
}

/** A table of what was counted: a name, a number and a size. */
export function printCounts(
  terminal: Terminal,
  report: unknown,
  {
    rows,
    json,
  }: { readonly rows: readonly (readonly [what: string, count: string, bytes?: string])[]; readonly json: boolean },
): void {
  const lines = rows.map(([what, count, bytes]) => [
    what,
    numberAt(report, count).toLocaleString('en'),
    bytes === undefined ? '' : sizeText(numberAt(report, bytes)),
  ]);
  print(terminal, { value: report, heading: ['WHAT', 'COUNT', 'SIZE'], rows: lines }, json);
}

/** How many blobs are in their place. */
export function placedText(report: unknown): string {
  return `${numberAt(report, 'blobs').toLocaleString('en')} blobs, ${sizeText(numberAt(report, 'bytes'))}`;
}

/** Prints what was backed up or restored. */
export function printBackup(terminal: Terminal, report: unknown, json: boolean): void {
  printCounts(terminal, report, {
    rows: [
      ['blobs', 'blobs', 'bytes'],
      ['blobs whose bytes are missing', 'missing'],
    ],
    json,
  });
}

/** How much has been verified. */
export function verifiedText(report: unknown): string {
  const [bytes, total] = [numberAt(report, 'bytes'), numberAt(report, 'totalBytes')];
  return `${numberAt(report, 'blobs').toLocaleString('en')} blobs verified, ${sizeText(bytes)} of ${sizeText(total)}`;
}

/** Prints what was verified; damage makes the command fail. */
export function printVerified(terminal: Terminal, report: unknown, json: boolean): ExitCode {
  printCounts(terminal, report, {
    rows: [
      ['manifests', 'manifests'],
      ['blobs', 'blobs', 'bytes'],
      ['blobs found damaged before, and sound', 'mended'],
    ],
    json,
  });
  const damaged = listAt(report, 'damaged');
  const manifests = listAt(report, 'damagedManifests');
  if (!json && damaged.length > 0) printDamaged(terminal, damaged);
  for (const one of manifests)
    terminal.err(
      `seawall: the manifest ${textAt(one, 'digest')} of ${textAt(one, 'repository')} is damaged; push it again\n`,
    );
  if (damaged.length + manifests.length === 0) return EXIT.ok;
  terminal.err('seawall: what is damaged is not served; push it again to heal it\n');
  return EXIT.failed;
}

function printDamaged(terminal: Terminal, damaged: readonly unknown[]): void {
  const rows = damaged.flatMap((blob) => {
    const users = listAt(blob, 'users');
    const lead = [textAt(blob, 'digest'), textAt(blob, 'damage')];
    if (users.length === 0) return [[...lead, '', '']];
    return users.map((user) => [
      ...lead,
      textAt(user, 'repository'),
      listAt(user, 'tags').join(', ') || textAt(user, 'manifest'),
    ]);
  });
  print(terminal, { value: damaged, heading: ['DAMAGED BLOB', 'WHY', 'REPOSITORY', 'IMAGE'], rows }, false);
}
