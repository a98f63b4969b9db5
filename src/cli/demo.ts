import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, type ControlRequest, field } from './control.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { hostCommand } from './lab.ts';
import { findServer, type ServerAccess } from './running-server.ts';
import type { Terminal } from './terminal.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/seawall.mjs', import.meta.url));
const LOCATION = 'westeurope';
const SPACE = { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } };
const SERVICE = [{ service: 'Microsoft.ContainerRegistry' }];

/** A step of the story that did not come out as it must. */
class DemoError extends Error {
  override name = 'DemoError';
}

/** `demo`: the article's story on real packets, with a client of its own: a rule, the 200 and the 403. */
export async function playDemo(terminal: Terminal): Promise<ExitCode> {
  const folder = await mkdtemp(join(tmpdir(), 'seawall-demo-'));
  const data = join(folder, 'data');
  const server = spawn(
    process.execPath,
    [
      LAUNCHER,
      'up',
      '--lab',
      'on',
      '--data',
      data,
      '--hosts-file',
      'off',
      '--access-log',
      'off',
      '--log-level',
      'error',
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const interrupt = (): void => void server.kill();
  process.once('SIGINT', interrupt);
  try {
    await tell({ terminal, data }, await started(server, data));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof DemoError)) throw error;
    terminal.err(`seawall: ${error.message}\n`);
    return EXIT.failed;
  } finally {
    process.off('SIGINT', interrupt);
    const ended = server.exitCode === null ? once(server, 'exit') : undefined;
    server.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits for the server's state file; what it said instead is the reason. */
async function started(server: ChildProcess, data: string): Promise<ServerAccess> {
  let said = '';
  server.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (server.exitCode === null) {
    const found = await findServer(data);
    if (found.kind === 'running') return found.server;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new DemoError(said.trim() || 'the server ended before it was ready');
}

interface Stage {
  readonly terminal: Terminal;
  readonly data: string;
}

async function tell(stage: Stage, { subscriptionId }: ServerAccess): Promise<void> {
  const { terminal } = stage;
  const group = `/subscriptions/${subscriptionId}/resourceGroups/demo`;
  const network = `${group}/providers/Microsoft.Network`;
  const subnet = (of: string): string => `${network}/virtualNetworks/${of}/subnets/one`;
  const title = (text: string): void => terminal.out(`\n${terminal.bold(text)}\n`);
  const put = (path: string, body: object): Promise<unknown> =>
    must(stage, { method: 'PUT', path: `${path}?api-version=${versionOf(path)}`, body });
  title('Two virtual networks with the same addresses, and a host in each');
  await put(group, { location: LOCATION });
  for (const name of ['vnet-a', 'vnet-b']) {
    const properties = { ...SPACE, subnets: [{ name: 'one', properties: { addressPrefix: '10.0.0.0/24' } }] };
    await put(`${network}/virtualNetworks/${name}`, { location: LOCATION, properties });
  }
  for (const name of ['a', 'b']) {
    const properties = { ipConfigurations: [{ name: 'one', properties: { subnet: { id: subnet(`vnet-${name}`) } } }] };
    await put(`${network}/networkInterfaces/host-${name}`, { location: LOCATION, properties });
    terminal.out(`  host-${name}  10.0.0.4  in vnet-${name}\n`);
  }
  const registry = await registryOf(stage, subscriptionId);
  const change = async (shown: string, networkRuleSet: object): Promise<void> => {
    await put(registry, {
      location: LOCATION,
      sku: { name: 'Premium' },
      properties: { adminUserEnabled: true, networkRuleSet },
    });
    terminal.out(`  $ ${shown}\n`);
  };
  await expect(stage, [
    ['host-a', 'let in'],
    ['host-b', 'let in'],
  ]);
  title('The registry denies by default');
  await change('az acr update --name myregistry --default-action Deny', { defaultAction: 'Deny' });
  await expect(stage, [
    ['host-a', 'refused'],
    ['host-b', 'refused'],
  ]);
  title('A service endpoint on one subnet, and a rule that names it');
  await put(subnet('vnet-a'), { properties: { addressPrefix: '10.0.0.0/24', serviceEndpoints: SERVICE } });
  terminal.out(
    '  $ az network vnet subnet update --vnet-name vnet-a --name one --service-endpoints Microsoft.ContainerRegistry\n',
  );
  await change('az acr network-rule add --name myregistry --subnet …/vnet-a/subnets/one', {
    defaultAction: 'Deny',
    virtualNetworkRules: [{ id: subnet('vnet-a') }],
  });
  await expect(stage, [
    ['host-a', 'let in'],
    ['host-b', 'refused'],
  ]);
  title('Back to open');
  await change('az acr update --name myregistry --default-action Allow', {
    defaultAction: 'Allow',
    virtualNetworkRules: [],
  });
  await expect(stage, [
    ['host-a', 'let in'],
    ['host-b', 'let in'],
  ]);
  terminal.out('\nEvery step came out as the article says.\n');
}

function versionOf(path: string): string {
  if (path.includes('Microsoft.ContainerRegistry')) return '2021-08-01-preview';
  return path.includes('Microsoft.Network') ? '2022-07-01' : '2021-04-01';
}

async function registryOf(stage: Stage, subscription: string): Promise<string> {
  const path = `/subscriptions/${subscription}/providers/Microsoft.ContainerRegistry/registries?api-version=2021-08-01-preview`;
  const value = field(await must(stage, { method: 'GET', path }), 'value');
  const id: unknown = field(Array.isArray(value) ? value[0] : undefined, 'id');
  if (typeof id !== 'string') throw new DemoError('the server has no registry');
  return id;
}

async function must({ terminal, data }: Stage, request: ControlRequest): Promise<unknown> {
  const outcome = await ask(data, terminal.env, () => request);
  if (outcome.kind === 'failed') throw new DemoError(outcome.why);
  return outcome.value;
}

type Expected = 'let in' | 'refused';

/** Asks for the registry from each host, with its password, and shows what came back. */
async function expect(stage: Stage, hosts: readonly (readonly [string, Expected])[]): Promise<void> {
  for (const [host, expected] of hosts) {
    const answer = await request(stage, host);
    stage.terminal.out(`  ${host}$ GET https://myregistry.azurecr.test/v2/  →  ${answer}\n`);
    if (answer.startsWith('403') !== (expected === 'refused'))
      throw new DemoError(`${host} was to be ${expected}, and was answered: ${answer}`);
  }
}

/** A client of our own, run in the host's network: prints the status, and the message of a refusal. */
const CLIENT = `
const [url, authorization] = process.argv.slice(1);
require('node:https').get(url, { headers: { authorization } }, (answer) => {
  let text = '';
  answer.on('data', (more) => (text += more)).on('end', () => {
    const message = answer.statusCode === 403 ? JSON.parse(text).errors[0].message : '';
    console.log([answer.statusCode, answer.statusMessage, message].join(' ').trim());
  });
}).on('error', (error) => console.log(String(error)));
`;

async function request({ terminal, data }: Stage, host: string): Promise<string> {
  const found = await findServer(data);
  const ca = found.kind === 'running' ? found.server.caFile : undefined;
  const client = [
    process.execPath,
    '-e',
    CLIENT,
    'https://myregistry.azurecr.test/v2/',
    await login({ terminal, data }),
  ];
  const [command = '', ...args] = hostCommand(host, client, found.kind === 'running' ? found.server.enterLab : []);
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...terminal.env, ...(ca === undefined ? {} : { NODE_EXTRA_CA_CERTS: ca }) },
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child, 'close');
  return said.trim();
}

async function login(stage: Stage): Promise<string> {
  const found = await findServer(stage.data);
  if (found.kind !== 'running') throw new DemoError('the server has ended');
  const registry = await registryOf(stage, found.server.subscriptionId);
  const path = `${registry}/listCredentials?api-version=2021-08-01-preview`;
  const passwords = field(await must(stage, { method: 'POST', path, body: {} }), 'passwords');
  const password: unknown = field(Array.isArray(passwords) ? passwords[0] : undefined, 'value');
  return `Basic ${Buffer.from(`myregistry:${typeof password === 'string' ? password : ''}`).toString('base64')}`;
}
