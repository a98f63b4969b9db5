import { Client } from './client.ts';
import { patcher, readState, signIn } from './arm.ts';
import { REPOSITORIES } from './repositories.ts';
import { openDataFolder, type Server, startServer } from './server.ts';
import type { Contender, Subject, Transport } from './subject.ts';

const IP_RULES = 199;
const SUBNET_RULES = 100;
const API = 'api-version=2024-05-01';
const SCOPES = REPOSITORIES.map((name) => `repository:${name}:pull,push,delete,metadata_read`);

/** Seawall with its rules at their limits: 200 IP rules, 100 subnet rules, and whoever is in none of them refused. */
export const seawall: Contender = { name: 'seawall', start: (transport) => start(transport) };

async function start(transport: Transport): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await openDataFolder({ profile: 'open' }));
  const server = stack.use(await startServer(folder));
  await setRules(folder.path, server);
  const [username = '', password = ''] = Buffer.from(server.authorization.slice('Basic '.length), 'base64')
    .toString('utf8')
    .split(':');
  const { host } = server;
  const origin = await originOf(server, transport);
  const subject = { name: 'seawall', origin, host, login: { username, password }, pids: [server.pid] };
  const opened = stack.move();
  return { ...subject, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Where a server is reached, with a token for everything that rows do. */
export async function originOf(server: Server, transport: Transport): Promise<Subject['origin']> {
  using client = new Client(server);
  const query = [...SCOPES, 'registry:catalog:*'].map((scope) => `scope=${scope}`).join('&');
  const answer = await client.read({ method: 'GET', url: `/oauth2/token?${query}` });
  const { access_token: token } = JSON.parse(String(answer));
  const headers = { host: server.host, authorization: `Bearer ${token}` };
  return { url: `${transport === 'tls' ? 'https' : 'http'}://127.0.0.1:${server.port}`, headers };
}

/** Names as many networks as Azure's rule set takes; loopback is the last of them. */
async function setRules(path: string, server: Server): Promise<void> {
  using client = new Client(server);
  const running = await readState(path);
  const authorization = await signIn(client, running);
  const group = `/subscriptions/${running.subscriptionId}/resourceGroups/seawall`;
  const id = `${group}/providers/Microsoft.Network/virtualNetworks/limits`;
  const subnets = Array.from({ length: SUBNET_RULES }, (_, i) => ({
    name: `s${i}`,
    properties: { addressPrefix: `10.1.${i}.0/24`, serviceEndpoints: [{ service: 'Microsoft.ContainerRegistry' }] },
  }));
  const network = {
    location: 'westeurope',
    properties: { addressSpace: { addressPrefixes: ['10.1.0.0/16'] }, subnets },
  };
  const body = Buffer.from(JSON.stringify(network));
  const headers = { authorization, 'content-type': 'application/json', 'content-length': body.length };
  await client.read({ method: 'PUT', url: `${running.control}${id}?${API}`, headers, body: [body] });
  const patch = await patcher(path, client);
  const ipRules = Array.from({ length: IP_RULES }, (_, i) => ({ value: `20.${i}.0.0/16` }));
  await patch({
    defaultAction: 'Deny',
    ipRules: [...ipRules, { value: '127.0.0.0/8' }],
    virtualNetworkRules: subnets.map(({ name }) => ({ id: `${id}/subnets/${name}` })),
  });
}
