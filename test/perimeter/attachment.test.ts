import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { proxyV2 } from '../../src/connection/proxy-header.fixture.ts';
import { startSeawall, type SeawallOptions, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf } from '../management/arm.ts';
import { untilEnded } from '../hostile/raw.ts';

/** An address of this machine in a private range, which a network can be made around. */
const OWN = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(
    ({ family, internal, address }) => family === 'IPv4' && !internal && /^(?:10|172|192)\./.test(address),
  )?.address;
const PROXY = '127.0.0.9';
const LISTENER_PORT = 5943;

/** Ways by which an operator binds a virtual network to what his connections have. */
describe('a virtual network of an operator’s', () => {
  let seawall: TestSeawall;
  before(async () => {
    const perimeter: { proxies: object[]; networkListeners: object[]; networkEgress: object[] } = {
      proxies: [],
      networkListeners: [],
      networkEgress: [],
    };
    seawall = await startSeawall({
      perimeter: perimeter as NonNullable<SeawallOptions['perimeter']>,
      settings: { profile: 'open' },
    });
    const group = `/subscriptions/${seawall.state.subscriptionId}/resourceGroups/perimeter`;
    const network = `${group}/providers/Microsoft.Network/virtualNetworks/offices`;
    const subnet = `${network}/subnets/one`;
    perimeter.proxies.push({
      from: PROXY,
      asserts: [
        { tlv: 'azure', value: '33554432', subnet },
        { tlv: 'aws', value: 'vpce-1', subnet },
        { tlv: 'namespace', value: 'offices', network },
      ],
    });
    if (OWN !== undefined) perimeter.networkListeners.push({ listen: `${OWN}:${LISTENER_PORT}`, network });
    await seawall.restart();
    const arm = await armOf(seawall);
    const prefix = `${(OWN ?? '10.0.0.4').split('.').slice(0, 3).join('.')}.0/24`;
    const location = 'westeurope';
    await arm.must('PUT', group, { location });
    const serviceEndpoints = [{ service: 'Microsoft.ContainerRegistry' }];
    await arm.must('PUT', network, {
      location,
      properties: {
        addressSpace: { addressPrefixes: [prefix] },
        subnets: [{ name: 'one', properties: { addressPrefix: prefix, serviceEndpoints } }],
      },
    });
    const listed = await arm.must('GET', `${arm.subscription}/providers/Microsoft.ContainerRegistry/registries`);
    const { value } = listed as { readonly value: readonly { readonly id: string }[] };
    const networkRuleSet = { defaultAction: 'Deny', virtualNetworkRules: [{ id: subnet }], ipRules: [] };
    await arm.must(
      'PATCH',
      value[0]?.id ?? '',
      { properties: { networkRuleSet } },
      { apiVersion: '2021-08-01-preview' },
    );
  });
  after(() => seawall?.close());

  const reason = async (socket: Socket, header?: Buffer): Promise<string> => {
    socket.on('error', () => undefined);
    const answer = untilEnded(socket);
    if (header !== undefined) socket.write(header);
    socket.write(
      `GET /v2/ HTTP/1.1\r\nhost: ${seawall.host('myregistry')}\r\nx-seawall-explain: 1\r\nconnection: close\r\n\r\n`,
    );
    const text = await answer;
    return /^x-seawall-reason: (.+)\r$/im.exec(text)?.[1] ?? `none: ${text}`;
  };
  const byProxy = (type: number, value: Buffer): Promise<string> => {
    const socket = connect({ port: seawall.listenPort, host: '127.0.0.1', localAddress: PROXY });
    return reason(socket, proxyV2({ source: OWN ?? '10.0.0.4', destination: '198.18.77.2', tlvs: [[type, value]] }));
  };

  const links: readonly (readonly [string, number, Buffer, Buffer])[] = [
    ['Azure’s link', 0xee, Buffer.from([1, 0, 0, 0, 2]), Buffer.from([1, 1, 0, 0, 2])],
    ['AWS’ endpoint', 0xea, Buffer.from('\u0001vpce-1'), Buffer.from('\u0001vpce-2')],
    ['HAProxy’s namespace', 0x30, Buffer.from('offices'), Buffer.from('Offices')],
  ];
  for (const [name, type, right, wrong] of links)
    it(`is named by ${name} of a listed proxy, and by no other value of it`, async () => {
      assert.equal(await byProxy(type, right), 'subnet-rule');
      assert.match(await byProxy(type, wrong), /^none: $/);
    });

  const none = OWN === undefined ? 'this machine has no address in a private range' : false;
  it('is a listener that lies in it; the registry’s own address is not in it', { skip: none }, async () => {
    const { connect: connectTls } = await import('node:tls');
    const tls = connectTls({
      host: OWN,
      port: LISTENER_PORT,
      rejectUnauthorized: false,
      servername: 'myregistry.azurecr.localhost',
    });
    assert.equal(await reason(tls), 'subnet-rule');
    assert.equal(await reason(connect({ host: '127.0.0.1', port: seawall.listenPort })), 'default-deny');
  });
});
