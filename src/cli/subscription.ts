import { dataOf } from './data-of.ts';
import { ask, field } from './control.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { print } from './print.ts';
import type { Terminal } from './terminal.ts';

/** `subscription create`: another subscription, of which the owner is Owner. */
export async function createSubscription(
  terminal: Terminal,
  displayName: string,
  { data, json = false }: { readonly data?: string; readonly json?: boolean },
): Promise<ExitCode> {
  const dataDir = dataOf(terminal, { data });
  const path = '/seawall/subscriptions';
  const outcome = await ask(dataDir, terminal.env, () => ({ method: 'POST', path, body: { displayName } }));
  if (outcome.kind === 'failed') {
    terminal.err(`seawall: ${outcome.why}\n`);
    return outcome.exit;
  }
  const row = ['displayName', 'subscriptionId'].map((name) => {
    const value = field(outcome.value, name);
    return typeof value === 'string' ? value : '';
  });
  print(terminal, { value: outcome.value, heading: ['NAME', 'SUBSCRIPTION ID'], rows: [row] }, json);
  return EXIT.ok;
}
