import { dataOf } from './data-of.ts';
import { type ControlAction, act, field } from './control.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { print } from './print.ts';
import type { Terminal } from './terminal.ts';

/** A user with its passwords, as the management API answers (facts/acr.md §3.5). */
interface Credentials {
  readonly username: string;
  readonly passwords: readonly { readonly name: string; readonly value: string }[];
}

/** What the commands about passwords have in common. */
export interface CredentialOptions {
  /** The data directory of the running server, where it is not that of `SEAWALL_DATA` or the usual one. */
  readonly data?: string;
  readonly registry: string;
  readonly json?: boolean;
}

/** `credential show`: the admin user's passwords. */
export function showCredential(terminal: Terminal, options: CredentialOptions): Promise<ExitCode> {
  return printCredentials(terminal, options, { action: 'listCredentials', body: () => ({}) });
}

/** `credential renew`: replaces one of the admin user's passwords. */
export function renewCredential(
  terminal: Terminal,
  options: CredentialOptions & { readonly passwordName: string },
): Promise<ExitCode> {
  const body = (): object => ({ name: options.passwordName });
  return printCredentials(terminal, options, { action: 'regenerateCredential', body });
}

/** `token credential generate`: replaces passwords of a registry's token; the only time they are shown. */
export function generateTokenCredential(
  terminal: Terminal,
  options: CredentialOptions & { readonly name: string; readonly passwordName?: string },
): Promise<ExitCode> {
  const { name, passwordName } = options;
  const body = (registryId: string): object => ({
    tokenId: `${registryId}/tokens/${name}`,
    ...(passwordName === undefined ? {} : { name: passwordName }),
  });
  return printCredentials(terminal, options, { action: 'generateCredentials', body });
}

async function printCredentials(
  terminal: Terminal,
  { data, registry, json = false }: CredentialOptions,
  action: Pick<ControlAction, 'action' | 'body'>,
): Promise<ExitCode> {
  const dataDir = dataOf(terminal, { data });
  const outcome = await act({ dataDir, registry, ...action }, terminal.env);
  if (outcome.kind === 'failed') {
    terminal.err(`seawall: ${outcome.why}\n`);
    return outcome.exit;
  }
  const { username, passwords } = credentialsOf(outcome.value);
  const rows = passwords.map(({ name, value }) => [username, name, value]);
  print(terminal, { value: outcome.value, heading: ['USERNAME', 'PASSWORD', 'VALUE'], rows }, json);
  return EXIT.ok;
}

/** Throws when the server answered something else than credentials, which no server of this version does. */
function credentialsOf(value: unknown): Credentials {
  const passwords = field(value, 'passwords');
  if (!Array.isArray(passwords)) throw new Error('the server answered something else than passwords');
  return {
    username: text(value, 'username'),
    passwords: passwords.map((one) => ({ name: text(one, 'name'), value: text(one, 'value') })),
  };
}

/** A password that the server does not tell has no value. */
function text(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === 'string' ? found : '';
}
