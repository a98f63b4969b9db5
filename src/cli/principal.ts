import { randomUUID } from 'node:crypto';
import { dataOf } from './data-of.ts';
import { ask, type ControlOutcome, field } from './control.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { print } from './print.ts';
import type { Terminal } from './terminal.ts';

/** What the commands about service principals have in common. */
export interface PrincipalOptions {
  readonly data?: string;
  readonly json?: boolean;
}

const PATH = '/seawall/principals';
const AUTHORIZATION = 'providers/Microsoft.Authorization';
const API_VERSION = '2022-04-01';

/** `principal create`: a new service principal with its secret, and its role where one is asked for. */
export async function createPrincipal(
  terminal: Terminal,
  name: string,
  options: PrincipalOptions & { readonly user?: boolean; readonly role?: string; readonly scope?: string },
): Promise<ExitCode> {
  const role = options.role === undefined ? undefined : await findRole(terminal, options, options.role);
  if (role?.kind === 'failed') return fail(terminal, role);
  const body = options.user === true ? { userPrincipalName: name } : { displayName: name };
  const made = await asked(terminal, options, () => ({ method: 'POST', path: PATH, body }));
  if (made.kind === 'failed') return fail(terminal, made);
  const given =
    role === undefined
      ? undefined
      : await assign(terminal, options, {
          role: text(role.value, 'id'),
          principalId: text(made.value, 'objectId'),
          principalType: options.user === true ? 'User' : 'ServicePrincipal',
        });
  show(terminal, options, [made.value], true);
  return given?.kind === 'failed' ? fail(terminal, given) : EXIT.ok;
}

/** `principal list`. */
export async function listPrincipals(terminal: Terminal, options: PrincipalOptions): Promise<ExitCode> {
  const outcome = await asked(terminal, options, () => ({ method: 'GET', path: PATH }));
  if (outcome.kind === 'failed') return fail(terminal, outcome);
  const value = field(outcome.value, 'value');
  show(terminal, options, Array.isArray(value) ? value : [], false);
  return EXIT.ok;
}

/** `principal federate`: what an outside issuer says stands for the secret (docs/management.md). */
export async function federatePrincipal(
  terminal: Terminal,
  clientId: string,
  options: PrincipalOptions & {
    readonly issuer: string;
    readonly subject: string;
    readonly audience: string;
    readonly name: string;
  },
): Promise<ExitCode> {
  const { issuer, subject, audience, name } = options;
  const outcome = await asked(terminal, options, () => ({
    method: 'POST',
    path: `${PATH}/${encodeURIComponent(clientId)}/federate`,
    body: { name, issuer, subject, audiences: [audience] },
  }));
  if (outcome.kind === 'failed') return fail(terminal, outcome);
  const rows = [[name, issuer, subject, audience]];
  print(
    terminal,
    { value: outcome.value, heading: ['NAME', 'ISSUER', 'SUBJECT', 'AUDIENCE'], rows },
    options.json ?? false,
  );
  return EXIT.ok;
}

/** `principal rotate`: another secret, shown this once. */
export async function rotatePrincipal(
  terminal: Terminal,
  clientId: string,
  options: PrincipalOptions,
): Promise<ExitCode> {
  const outcome = await asked(terminal, options, () => ({
    method: 'POST',
    path: `${PATH}/${encodeURIComponent(clientId)}/rotate`,
  }));
  if (outcome.kind === 'failed') return fail(terminal, outcome);
  show(terminal, options, [outcome.value], true);
  return EXIT.ok;
}

/** `principal remove`. */
export async function removePrincipal(
  terminal: Terminal,
  clientId: string,
  options: PrincipalOptions,
): Promise<ExitCode> {
  const outcome = await asked(terminal, options, () => ({
    method: 'DELETE',
    path: `${PATH}/${encodeURIComponent(clientId)}`,
  }));
  return outcome.kind === 'failed' ? fail(terminal, outcome) : EXIT.ok;
}

function asked(
  terminal: Terminal,
  { data }: PrincipalOptions,
  request: Parameters<typeof ask>[2],
): Promise<ControlOutcome> {
  return ask(dataOf(terminal, { data }), terminal.env, request);
}

/** The definition of a role by its name, before anything is made. */
async function findRole(terminal: Terminal, options: PrincipalOptions, name: string): Promise<ControlOutcome> {
  const filter = encodeURIComponent(`roleName eq '${name.replaceAll("'", "''")}'`);
  const outcome = await asked(terminal, options, ({ subscriptionId }) => ({
    method: 'GET',
    path: `/subscriptions/${subscriptionId}/${AUTHORIZATION}/roleDefinitions?api-version=${API_VERSION}&$filter=${filter}`,
  }));
  if (outcome.kind === 'failed') return outcome;
  const found: unknown = field(outcome.value, 'value');
  const first: unknown = Array.isArray(found) ? found[0] : undefined;
  if (first !== undefined) return { kind: 'done', value: first };
  return {
    kind: 'failed',
    exit: EXIT.usage,
    why: `there is no role ${name}; see: az role definition list --query [].roleName`,
  };
}

function assign(
  terminal: Terminal,
  options: PrincipalOptions & { readonly scope?: string },
  {
    role,
    principalId,
    principalType,
  }: { readonly role: string; readonly principalId: string; readonly principalType: 'User' | 'ServicePrincipal' },
): Promise<ControlOutcome> {
  return asked(terminal, options, ({ subscriptionId }) => ({
    method: 'PUT',
    path: `${options.scope ?? `/subscriptions/${subscriptionId}`}/${AUTHORIZATION}/roleAssignments/${randomUUID()}?api-version=${API_VERSION}`,
    body: { properties: { roleDefinitionId: role, principalId, principalType } },
  }));
}

function show(
  terminal: Terminal,
  { json = false }: PrincipalOptions,
  principals: readonly unknown[],
  withSecret: boolean,
): void {
  const names = ['displayName', 'objectId', ...(withSecret ? ['secret'] : [])];
  const rows = principals.map((one) => {
    const [shown = '', ...others] = names.map((name) => text(one, name));
    // What is typed to sign in: a client id, or a user's name.
    return [shown, text(one, 'clientId') || text(one, 'userPrincipalName'), ...others];
  });
  const heading = ['NAME', 'SIGNS IN AS', 'OBJECT ID', ...(withSecret ? ['SECRET'] : [])];
  print(terminal, { value: withSecret ? principals[0] : principals, heading, rows }, json);
}

function fail(terminal: Terminal, { why, exit }: Extract<ControlOutcome, { readonly kind: 'failed' }>): ExitCode {
  terminal.err(`seawall: ${why}\n`);
  return exit;
}

function text(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === 'string' ? found : '';
}
