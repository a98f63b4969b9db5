import { ask, listAt, textAt } from './control.ts';
import { dataOf } from './data-of.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { print } from './print.ts';
import type { PrincipalOptions } from './principal.ts';
import type { Terminal } from './terminal.ts';

/** `keys list`: the keys that sign, and the certificates, with their ends. */
export async function listKeys(terminal: Terminal, options: PrincipalOptions): Promise<ExitCode> {
  const outcome = await ask(dataOf(terminal, options), terminal.env, () => ({ method: 'GET', path: '/seawall/keys' }));
  if (outcome.kind === 'failed') {
    terminal.err(`seawall: ${outcome.why}\n`);
    return outcome.exit;
  }
  const rows = listAt(outcome.value, 'value').map((one) => [textAt(one, 'kind'), textAt(one, 'what')]);
  print(terminal, { value: outcome.value, heading: ['KIND', 'WHAT'], rows }, options.json ?? false);
  return EXIT.ok;
}

/** `keys rotate`: replaces one kind of key of a running server. */
export async function rotateKeys(terminal: Terminal, kind: string, options: PrincipalOptions): Promise<ExitCode> {
  const outcome = await ask(dataOf(terminal, options), terminal.env, () => ({
    method: 'POST',
    path: '/seawall/keys/rotate',
    body: { kind },
  }));
  if (outcome.kind === 'failed') {
    terminal.err(`seawall: ${outcome.why}\n`);
    return outcome.exit;
  }
  const { value } = outcome;
  if (options.json === true) terminal.out(`${JSON.stringify(value, null, 2)}\n`);
  else terminal.out(`${kind}: ${textAt(value, 'done')}\n`);
  return EXIT.ok;
}
