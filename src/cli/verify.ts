import { resolve } from 'node:path';
import { dataOf } from './data-of.ts';
import type { ExitCode } from './exit-code.ts';
import { failed, type MaintenanceOptions, printVerified, runTask, verifiedText } from './maintenance.ts';
import { findServer } from './running-server.ts';
import type { Terminal } from './terminal.ts';

/** `verify`: by the running server, or here when none runs. */
export async function verify(
  terminal: Terminal,
  options: MaintenanceOptions & { readonly rate?: number },
): Promise<ExitCode> {
  const { rate, json = false } = options;
  const data = dataOf(terminal, options);
  if ((await findServer(data)).kind === 'not-running') {
    const { verifyHere } = await import('./offline.ts');
    return verifyHere(terminal, { data: resolve(data), json });
  }
  const body = rate === undefined ? {} : { bytesPerSecond: rate };
  const outcome = await runTask(terminal, options, { kind: 'verify', body, progress: verifiedText });
  return outcome.kind === 'failed' ? failed(terminal, outcome) : printVerified(terminal, outcome.value, json);
}
