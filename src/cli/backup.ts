import { resolve } from 'node:path';
import { dataOf } from './data-of.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { failed, type MaintenanceOptions, placedText, printBackup, runTask } from './maintenance.ts';
import { findServer } from './running-server.ts';
import type { Terminal } from './terminal.ts';

/** `backup`: by the running server, or here when none runs. */
export async function backUp(
  terminal: Terminal,
  folder: string,
  options: MaintenanceOptions & { readonly copy?: boolean },
): Promise<ExitCode> {
  const { copy = false, json = false } = options;
  const data = dataOf(terminal, options);
  const asked = { folder: resolve(folder), copy };
  if ((await findServer(data)).kind === 'not-running') {
    const { backUpHere } = await import('./offline.ts');
    return backUpHere(terminal, { ...asked, data: resolve(data), json });
  }
  const outcome = await runTask(terminal, options, { kind: 'backup', body: asked, progress: placedText });
  if (outcome.kind === 'failed') return failed(terminal, outcome);
  printBackup(terminal, outcome.value, json);
  return EXIT.ok;
}
