/** Commands on a data directory that no server uses: beside `serve.ts`, what reaches into the server's code. */
import { resolve } from 'node:path';
import { dataOf } from './data-of.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { placedText, printBackup, printVerified, verifiedText } from './maintenance.ts';
import type { Terminal } from './terminal.ts';

/** How often it is told how far a command has come, in ms. */
const TOLD_MS = 2_000;

/** Makes a backup without a server. */
export async function backUpHere(
  terminal: Terminal,
  {
    json,
    ...asked
  }: { readonly data: string; readonly folder: string; readonly copy: boolean; readonly json: boolean },
): Promise<ExitCode> {
  const { backupOffline } = await import('../server/offline.ts');
  const outcome = await backupOffline({ ...asked, progress: teller(terminal, placedText) });
  if (outcome.kind === 'refused') return refused(terminal, outcome.why);
  printBackup(terminal, outcome.value, json);
  return EXIT.ok;
}

/** Verifies a data directory that no server uses. */
export async function verifyHere(
  terminal: Terminal,
  { data, json }: { readonly data: string; readonly json: boolean },
): Promise<ExitCode> {
  const { verifyOffline } = await import('../server/offline.ts');
  const outcome = await verifyOffline({ data, progress: teller(terminal, verifiedText) });
  return outcome.kind === 'refused' ? refused(terminal, outcome.why) : printVerified(terminal, outcome.value, json);
}

/** `restore`: puts a backup in the place of a data directory. */
export async function restore(
  terminal: Terminal,
  folder: string,
  options: { readonly data?: string; readonly replace?: boolean; readonly copy?: boolean; readonly json?: boolean },
): Promise<ExitCode> {
  const { restoreOffline } = await import('../server/offline.ts');
  const { replace = false, copy = false, json = false } = options;
  const outcome = await restoreOffline({
    folder: resolve(folder),
    data: resolve(dataOf(terminal, options)),
    replace,
    placing: copy ? 'copy' : 'link',
    progress: teller(terminal, placedText),
  });
  if (outcome.kind === 'refused') return refused(terminal, outcome.why);
  const { record, placed, epoch, setAside } = outcome.value;
  printBackup(terminal, json ? { madeAt: record.madeAt, ...placed, epoch, setAside: setAside ?? null } : placed, json);
  if (setAside !== undefined)
    terminal.err(`seawall: what was there before is in ${setAside}; remove it when it is not needed\n`);
  return EXIT.ok;
}

function teller(terminal: Terminal, text: (report: unknown) => string): (report: object) => void {
  let toldMs = performance.now();
  return (report) => {
    if (performance.now() - toldMs < TOLD_MS) return;
    toldMs = performance.now();
    terminal.err(`seawall: ${text(report)}\n`);
  };
}

function refused(terminal: Terminal, why: string): ExitCode {
  terminal.err(`seawall: ${why}\n`);
  return EXIT.failed;
}
