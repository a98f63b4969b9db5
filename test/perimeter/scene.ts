import { connect, type Socket } from 'node:net';
import { parseAddress } from '../../src/network/address.ts';
import { proxyV2 } from '../../src/connection/proxy-header.fixture.ts';
import { startSeawall, type SeawallOptions, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { untilEnded } from '../hostile/raw.ts';
import { type Arm, armOf } from '../management/arm.ts';

/** The address of the listed proxy, and the field by which it says where its clients are. */
const PROXY = '127.0.0.9';
const TLV = 0xe1;

/** Where a client is: on the internet, or in what a name of the scene stands for. */
export interface Client {
  /** The address that the proxy says. */
  readonly address: string;
  /** `a`, `b` (virtual networks with the same addresses), `pe` (a private endpoint), or `trusted`. */
  readonly in?: string;
}

/** A server with two virtual networks behind a listed proxy; `a` has the subnets `on` and `off`, as `b` has. */
export interface PerimeterScene extends AsyncDisposable {
  readonly seawall: TestSeawall;
  readonly arm: Arm;
  readonly group: string;
  subnet(network: string, name: string): string;
  readonly registry: string;
  /** Changes the registry's network properties. */
  patch(properties: object): Promise<unknown>;
  /** Opens a connection as this client. */
  open(client: Client): Socket;
  /** One request of this client on a connection of its own, and everything that came back. */
  ask(client: Client, head: string, headers?: Readonly<Record<string, string>>): Promise<string>;
  /** Switches a subnet's service endpoint. */
  endpoint(network: string, name: string, on: boolean): Promise<unknown>;
}

/** Starts the scene; ids are known beforehand as the subscription is asked for first. */
export async function perimeterScene(settings: SeawallOptions['settings'] = {}): Promise<PerimeterScene> {
  // Ids hold the subscription, which a first start makes and a restart keeps.
  const perimeter: { proxies: object[]; networkEgress: object[] } = { proxies: [], networkEgress: [] };
  const seawall = await startSeawall({
    registries: [{ name: 'myregistry', adminUserEnabled: true }, { name: 'another' }],
    settings,
    // Filled in before the restart below.
    perimeter: perimeter as NonNullable<SeawallOptions['perimeter']>,
  });
  const { subscriptionId } = seawall.state;
  const group = `/subscriptions/${subscriptionId}/resourceGroups/perimeter`;
  const network = (name: string): string => `${group}/providers/Microsoft.Network/virtualNetworks/${name}`;
  const subnet = (of: string, name: string): string => `${network(of)}/subnets/${name}`;
  perimeter.proxies.push({
    from: PROXY,
    asserts: [
      { tlv: '0xE1', value: 'a', network: network('a') },
      { tlv: '0xE1', value: 'b', network: network('b') },
      { tlv: '0xE1', value: 'a/on', subnet: subnet('a', 'on') },
      { tlv: '0xE1', value: 'trusted', trustedService: 'scanner' },
      { tlv: '0xE1', value: 'pe', privateEndpoint: `${group}/providers/Microsoft.Network/privateEndpoints/pe` },
    ],
  });
  perimeter.networkEgress.push({ network: network('a'), address: '198.18.99.1' });
  await seawall.restart();
  const arm = await armOf(seawall);
  const made = await arm.must('GET', `${arm.subscription}/providers/Microsoft.ContainerRegistry/registries`);
  const { value } = made as { readonly value: readonly { readonly id: string; readonly name: string }[] };
  const registry = value.find(({ name }) => name === 'myregistry')?.id ?? '';
  await arm.must('PUT', group, { location: 'westeurope' });
  const endpoint: PerimeterScene['endpoint'] = (of, name, on) =>
    arm.must('PUT', subnet(of, name), {
      properties: {
        addressPrefix: name === 'on' ? '10.0.0.0/24' : '10.0.1.0/24',
        serviceEndpoints: on ? [{ service: 'Microsoft.ContainerRegistry' }] : [],
      },
    });
  for (const name of ['a', 'b']) {
    await arm.must('PUT', network(name), {
      location: 'westeurope',
      properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } },
    });
    await endpoint(name, 'on', true);
    await endpoint(name, 'off', false);
  }
  const open = (client: Client): Socket => {
    const socket = connect({ port: seawall.listenPort, host: '127.0.0.1', localAddress: PROXY });
    socket.on('error', () => undefined);
    const tlvs = client.in === undefined ? [] : [[TLV, Buffer.from(client.in)] as const];
    const destination = parseAddress(client.address)?.family === 6 ? '2001:db8:ffff::2' : '198.18.77.2';
    socket.write(proxyV2({ source: client.address, destination, tlvs }));
    return socket;
  };
  return {
    seawall,
    arm,
    group,
    subnet,
    registry,
    patch: (properties) => arm.must('PATCH', registry, { properties }, { apiVersion: '2021-08-01-preview' }),
    open,
    ask: (client, head, headers = {}) => {
      const lines = Object.entries({ host: seawall.host('myregistry'), connection: 'close', ...headers });
      const socket = open(client);
      socket.write(`${head} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
      return untilEnded(socket);
    },
    endpoint,
    [Symbol.asyncDispose]: () => seawall.close(),
  };
}
