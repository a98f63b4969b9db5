import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ask, type ControlOutcome, field, listAt, textAt } from './control.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { print } from './print.ts';
import { dataOf } from './data-of.ts';
import type { PrincipalOptions } from './principal.ts';
import { findServer } from './running-server.ts';
import type { Terminal } from './terminal.ts';

const API_VERSION = '2022-07-01';

/** `lab list`: the hosts of the lab, each with how it is found, its address and its network. */
export async function listLab(terminal: Terminal, options: PrincipalOptions): Promise<ExitCode> {
  const outcome = await asked(terminal, options, { method: 'GET', path: '/seawall/lab' });
  if (outcome.kind === 'failed') return fail(terminal, outcome);
  const plan = field(outcome.value, 'plan');
  if (plan === null) {
    terminal.err('seawall: this server has no lab; start it with --lab on\n');
    return EXIT.unavailable;
  }
  const states = field(outcome.value, 'states');
  const rows = listAt(plan, 'networks').flatMap((network) =>
    listAt(network, 'hosts').map((host) => [
      textAt(host, 'name'),
      textAt(states, textAt(host, 'name')),
      textAt(host, 'address'),
      textAt(network, 'id'),
    ]),
  );
  print(terminal, { value: plan, heading: ['HOST', 'STATE', 'ADDRESS', 'NETWORK'], rows }, options.json ?? false);
  return EXIT.ok;
}

/** `lab list --substitutions`: what the lab answered in place of something outside it. */
export async function listSubstitutions(terminal: Terminal, options: PrincipalOptions): Promise<ExitCode> {
  const outcome = await asked(terminal, options, { method: 'GET', path: '/seawall/substitutions' });
  if (outcome.kind === 'failed') return fail(terminal, outcome);
  if (field(outcome.value, 'allowed') === false) terminal.err('seawall: substitutions are off\n');
  const rows = listAt(outcome.value, 'substitutions').map((one) => [textAt(one, 'asked'), textAt(one, 'given')]);
  print(terminal, { value: outcome.value, heading: ['ASKED FOR', 'GIVEN'], rows }, options.json ?? false);
  return EXIT.ok;
}

/** `lab host`: a bare host on a subnet, which is a network interface of the management API. */
export async function makeHost(
  terminal: Terminal,
  name: string,
  options: PrincipalOptions & { readonly subnet: string; readonly publicIp?: boolean },
): Promise<ExitCode> {
  const match =
    /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+)\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+/i.exec(
      options.subnet,
    );
  if (match === null) {
    terminal.err(
      `seawall: --subnet "${options.subnet}" is no id of a subnet; see: az network vnet subnet show --query id\n`,
    );
    return EXIT.usage;
  }
  const [network, group = ''] = match;
  const put = (path: string, body: object): Promise<ControlOutcome> =>
    asked(terminal, options, { method: 'PUT', path: `${path}?api-version=${API_VERSION}`, body });
  const found = await asked(terminal, options, { method: 'GET', path: `${network}?api-version=${API_VERSION}` });
  if (found.kind === 'failed') return fail(terminal, found);
  const location = textAt(found.value, 'location');
  const addressId = `${group}/providers/Microsoft.Network/publicIPAddresses/${name}`;
  const address = options.publicIp === true ? await put(addressId, { location }) : undefined;
  if (address?.kind === 'failed') return fail(terminal, address);
  const publicIPAddress = address === undefined ? {} : { publicIPAddress: { id: addressId } };
  const properties = { subnet: { id: options.subnet }, ...publicIPAddress };
  const made = await put(`${group}/providers/Microsoft.Network/networkInterfaces/${name}`, {
    location,
    properties: { ipConfigurations: [{ name: 'ipconfig1', properties }] },
  });
  if (made.kind === 'failed') return fail(terminal, made);
  const [configuration] = listAt(field(made.value, 'properties'), 'ipConfigurations');
  const own = textAt(field(configuration, 'properties'), 'privateIPAddress');
  const rows = [
    [
      name.toLowerCase(),
      own,
      textAt(field(address?.kind === 'done' ? address.value : undefined, 'properties'), 'ipAddress'),
    ],
  ];
  print(terminal, { value: made.value, heading: ['HOST', 'ADDRESS', 'PUBLIC ADDRESS'], rows }, options.json ?? false);
  return EXIT.ok;
}

/**
 * Names the resolver of the host's network within a mount namespace of the command's own; `/sys` stays what it is. The
 * command runs in the folder that it was typed in, which entering the lab may have left.
 */
const ENTER =
  'cd "$1" && for file in /etc/netns /run/seawall-netns; do \
  [ ! -e "$file/$0/resolv.conf" ] || mount --bind "$file/$0/resolv.conf" /etc/resolv.conf || exit; done; shift; exec "$@"';

/** The command line that runs a command in a host's network. */
export function hostCommand(
  name: string,
  command: readonly string[],
  enterLab: readonly string[] = [],
): readonly string[] {
  const host = `swl-h-${name.toLowerCase()}`;
  const enter = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', ENTER, host, process.cwd()];
  return [...enterLab, 'nsenter', `--net=/run/netns/${host}`, ...enter, ...command];
}

/** `lab exec`: runs a command in a host's network, with the lab's names and CA, and ends as it does. */
export async function execInHost(
  terminal: Terminal,
  name: string,
  command: readonly string[],
  options: PrincipalOptions,
): Promise<number> {
  const found = await findServer(dataOf(terminal, options));
  const ca = found.kind === 'running' ? found.server.caFile : undefined;
  const trust =
    ca === undefined ? {} : { SSL_CERT_FILE: ca, CURL_CA_BUNDLE: ca, REQUESTS_CA_BUNDLE: ca, NODE_EXTRA_CA_CERTS: ca };
  const [tool = '', ...args] = hostCommand(name, command, found.kind === 'running' ? found.server.enterLab : []);
  const child = spawn(tool, args, {
    stdio: 'inherit',
    env: { ...terminal.env, ...trust },
  });
  // What is typed to end a command goes to the command.
  process.on('SIGINT', () => undefined);
  const ended = await once(child, 'exit').catch((error: unknown) => {
    terminal.err(`seawall: cannot enter the host: ${String(error)}; install util-linux\n`);
    return [EXIT.failed];
  });
  const code: unknown = ended[0];
  return typeof code === 'number' ? code : EXIT.failed;
}

function asked(
  terminal: Terminal,
  options: PrincipalOptions,
  request: Parameters<typeof ask>[2] extends (server: never) => infer R ? R : never,
): Promise<ControlOutcome> {
  return ask(dataOf(terminal, options), terminal.env, () => request);
}

function fail(terminal: Terminal, { why, exit }: Extract<ControlOutcome, { kind: 'failed' }>): ExitCode {
  terminal.err(`seawall: ${why}\n`);
  return exit;
}
