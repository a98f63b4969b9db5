import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { filled, outcomeOf } from '../../src/attack/attempt.ts';
import { REFUSED, request } from '../../src/attack/table.ts';
import { proxyV2 } from '../../src/connection/proxy-header.fixture.ts';
import { untilEnded } from '../hostile/raw.ts';
import { type PerimeterScene, perimeterScene } from './scene.ts';
import { basicOf } from '../../src/testkit/login.ts';

const PROXY = '127.0.0.9';
const PLAIN = request('GET /v2/ HTTP/1.1', 'host: HOST', 'authorization: ADMIN');

/** What a listed proxy must not say, and what nobody else may; `seawall attack` can try the latter alone. */
describe('a PROXY header', () => {
  let scene: PerimeterScene;
  let host: string;
  let admin: string;
  before(async () => {
    scene = await perimeterScene();
    host = scene.seawall.host('myregistry');
    admin = basicOf(scene.seawall.admin('myregistry'));
    await scene.patch({
      networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules: [{ id: scene.subnet('a', 'on') }], ipRules: [] },
    });
  });
  after(() => scene[Symbol.asyncDispose]());

  const head = (): string => filled(PLAIN, { host, authorization: admin });
  const from = async (address: string, bytes: readonly (Buffer | string)[]): Promise<string> => {
    const socket = connect({ port: scene.seawall.listenPort, host: '127.0.0.1', localAddress: address });
    socket.on('error', () => undefined);
    const answer = untilEnded(socket);
    for (const one of bytes) socket.write(one);
    socket.end();
    return outcomeOf(await answer);
  };
  const A = { source: '10.0.0.4', destination: '198.18.77.2' };
  const TLV = (value: string): readonly (readonly [number, Buffer])[] => [[0xe1, Buffer.from(value)]];
  const inside = proxyV2({ ...A, tlvs: TLV('a') });
  const lies: readonly (readonly [string, string, () => readonly (Buffer | string)[]])[] = [
    ['of a peer that is not listed', '127.0.0.8', () => [inside, head()]],
    [
      'of version 1 of a peer that is not listed',
      '127.0.0.8',
      () => ['PROXY TCP4 10.0.0.4 198.18.77.2 1 443\r\n', head()],
    ],
    ['twice', PROXY, () => [proxyV2(A), inside, head()]],
    ['twice, version 1 after 2', PROXY, () => [proxyV2(A), 'PROXY TCP4 10.0.0.4 198.18.77.2 1 443\r\n', head()]],
    ['that is absent', PROXY, () => [head()]],
    ['that is malformed', PROXY, () => ['PROXY TCP4 10.0.0.4\r\n', head()]],
    ['that is cut off', PROXY, () => [inside.subarray(0, 30)]],
    ['that is LOCAL', PROXY, () => [proxyV2({ ...A, command: 0x20, tlvs: TLV('a') }), head()]],
    ['that is UNKNOWN', PROXY, () => ['PROXY UNKNOWN\r\n', head()]],
    ['of a UNIX socket', PROXY, () => [proxyV2({ ...A, family: 0x31, tlvs: TLV('a') }), head()]],
    ['of UDP', PROXY, () => [proxyV2({ ...A, family: 0x12, tlvs: TLV('a') }), head()]],
    ['of a later version', PROXY, () => [proxyV2({ ...A, command: 0x31, tlvs: TLV('a') }), head()]],
    ['that names no network', PROXY, () => [proxyV2(A), head()]],
    ['of version 1, which can name none', PROXY, () => ['PROXY TCP4 10.0.0.4 198.18.77.2 1 443\r\n', head()]],
    ['that names another network', PROXY, () => [proxyV2({ ...A, tlvs: TLV('b') }), head()]],
    ['that names a network it is not listed for', PROXY, () => [proxyV2({ ...A, tlvs: TLV('c') }), head()]],
    ['that names its network in other case', PROXY, () => [proxyV2({ ...A, tlvs: TLV('A') }), head()]],
    ['that names its network with a nul behind', PROXY, () => [proxyV2({ ...A, tlvs: TLV('a\0') }), head()]],
    ['that names nothing', PROXY, () => [proxyV2({ ...A, tlvs: TLV('') }), head()]],
    ['that names two networks', PROXY, () => [proxyV2({ ...A, tlvs: [...TLV('a'), ...TLV('b')] }), head()]],
    ['that names its network twice', PROXY, () => [proxyV2({ ...A, tlvs: [...TLV('a'), ...TLV('a')] }), head()]],
    [
      'with an Azure link that is not listed',
      PROXY,
      () => [proxyV2({ ...A, tlvs: [[0xee, Buffer.from([1, 1, 0, 0, 0])]] }), head()],
    ],
    [
      'with an AWS endpoint that is not listed',
      PROXY,
      () => [proxyV2({ ...A, tlvs: [[0xea, Buffer.from('\u0001vpce-1')]] }), head()],
    ],
    ['with a namespace that is not listed', PROXY, () => [proxyV2({ ...A, tlvs: [[0x30, Buffer.from('a')]] }), head()]],
    [
      'with a wrong checksum',
      PROXY,
      () => [proxyV2({ ...A, tlvs: [...TLV('a'), [3, Buffer.from([1, 2, 3, 4])]] }), head()],
    ],
    ['whose fields are longer than it', PROXY, () => [proxyV2({ ...A, rest: Buffer.from([0xe1, 0, 9, 97]) }), head()]],
    [
      'with an address outside the subnets',
      PROXY,
      () => [proxyV2({ ...A, source: '10.0.9.4', tlvs: TLV('a') }), head()],
    ],
    [
      'with the address of a neighbour subnet',
      PROXY,
      () => [proxyV2({ ...A, source: '10.0.1.4', tlvs: TLV('a') }), head()],
    ],
    [
      'with the neighbour for a listed subnet',
      PROXY,
      () => [proxyV2({ ...A, source: '10.0.1.4', tlvs: TLV('a/on') }), head()],
    ],
    [
      'with a public address in a network',
      PROXY,
      () => [proxyV2({ ...A, source: '203.0.113.9', tlvs: TLV('a') }), head()],
    ],
    [
      'with an IPv6 address in a network of IPv4',
      PROXY,
      () => [proxyV2({ source: '2001:db8::4', destination: '::1', tlvs: TLV('a') }), head()],
    ],
    [
      'with an IPv4-compatible address',
      PROXY,
      () => [proxyV2({ source: '::a00:4', destination: '::1', tlvs: TLV('a') }), head()],
    ],
    ['with a loopback address', PROXY, () => [proxyV2({ ...A, source: '127.0.0.1' }), head()]],
    ['with the address zero', PROXY, () => [proxyV2({ ...A, source: '0.0.0.0', tlvs: TLV('a') }), head()]],
    ['with the address of all', PROXY, () => [proxyV2({ ...A, source: '255.255.255.255', tlvs: TLV('a') }), head()]],
    ['of version 1 with leading zeros', PROXY, () => ['PROXY TCP4 010.0.0.4 198.18.77.2 1 443\r\n', head()]],
    ['of version 1 with a hexadecimal address', PROXY, () => ['PROXY TCP4 0x0a000004 198.18.77.2 1 443\r\n', head()]],
    ['of version 1 with a number for an address', PROXY, () => ['PROXY TCP4 167772164 198.18.77.2 1 443\r\n', head()]],
    ['of version 1 with a scope', PROXY, () => ['PROXY TCP6 fe80::1%1 fe80::2 1 443\r\n', head()]],
    ['of version 1 without its carriage return', PROXY, () => ['PROXY TCP4 10.0.0.4 198.18.77.2 1 443\n', head()]],
    ['with nothing but its signature', PROXY, () => [inside.subarray(0, 12)]],
    ['of version 1 with a port that is none', PROXY, () => ['PROXY TCP4 10.0.0.4 198.18.77.2 0x1 443\r\n', head()]],
    ['of version 1 with a port too large', PROXY, () => ['PROXY TCP4 10.0.0.4 198.18.77.2 65536 443\r\n', head()]],
    ['of version 1 with one address', PROXY, () => ['PROXY TCP4 10.0.0.4 1 443\r\n', head()]],
    ['of version 1 with three parts', PROXY, () => ['PROXY TCP4 10.0.4 198.18.77.2 1 443\r\n', head()]],
    ['of version 1 with a name', PROXY, () => ['PROXY TCP4 localhost 198.18.77.2 1 443\r\n', head()]],
    ['of version 1 with tabs', PROXY, () => ['PROXY\tTCP4\t10.0.0.4\t198.18.77.2\t1\t443\r\n', head()]],
    ['of version 1 with brackets', PROXY, () => ['PROXY TCP6 [::ffff:10.0.0.4] ::1 1 443\r\n', head()]],
    ['of version 1 with a mapped address', PROXY, () => ['PROXY TCP6 ::ffff:10.0.0.4 ::1 1 443\r\n', head()]],
    ['of version 1 that has no end', PROXY, () => [`PROXY TCP4 ${'1'.repeat(120)}`]],
    ['of version 1 with a request in its line', PROXY, () => [`PROXY TCP4 10.0.0.4 198.18.77.2 1 443 ${head()}`]],
    ['of an unspecified family', PROXY, () => [proxyV2({ ...A, family: 0, tlvs: TLV('a') }), head()]],
    ['of another transport', PROXY, () => [proxyV2({ ...A, family: 0x13, tlvs: TLV('a') }), head()]],
    ['of an unknown command', PROXY, () => [proxyV2({ ...A, command: 0x22, tlvs: TLV('a') }), head()]],
    ['that ends within its addresses', PROXY, () => [proxyV2({ ...A, length: 8, tlvs: TLV('a') }), head()]],
    ['that is longer than any', PROXY, () => [proxyV2({ ...A, length: 4000, tlvs: TLV('a') }), head()]],
    ['that names its network with a blank behind', PROXY, () => [proxyV2({ ...A, tlvs: TLV('a ') }), head()]],
    ['that names its network in other letters', PROXY, () => [proxyV2({ ...A, tlvs: TLV('\u0430') }), head()]],
    [
      'that names its network in a field beside',
      PROXY,
      () => [proxyV2({ ...A, tlvs: [[0xe2, Buffer.from('a')]] }), head()],
    ],
    ['that names the endpoint of another', PROXY, () => [proxyV2({ ...A, tlvs: TLV('pe2') }), head()]],
    [
      'that names a trusted service that is not listed',
      PROXY,
      () => [proxyV2({ ...A, tlvs: TLV('trusted2') }), head()],
    ],
    [
      'that names a trusted service where subnets are named',
      PROXY,
      () => [proxyV2({ ...A, tlvs: TLV('trusted') }), head()],
    ],
    [
      'with the first address of the subnet before',
      PROXY,
      () => [proxyV2({ ...A, source: '9.255.255.255', tlvs: TLV('a') }), head()],
    ],
    [
      'with the first address behind the subnet',
      PROXY,
      () => [proxyV2({ ...A, source: '10.0.1.0', tlvs: TLV('a') }), head()],
    ],
    ['behind a line', PROXY, () => ['\r\n', inside, head()]],
    ['behind a request', PROXY, () => [head(), inside, head()]],
    ['within TLS', PROXY, () => [Buffer.from([0x16, 3, 1, 0, 5]), inside, head()]],
  ];
  for (const [name, peer, bytes] of lies)
    it(`${name} lets nobody in, and the right one of the listed proxy does`, async () => {
      assert.ok(REFUSED.includes(await from(peer, bytes())));
      assert.equal(await from(PROXY, [inside, head()]), '200');
    });

  it('with an IPv4-mapped address is that of the IPv4 address', async () => {
    const mapped = Buffer.concat([Buffer.alloc(10), Buffer.from([255, 255, 10, 0, 0, 4])]);
    const bytes = proxyV2({ source: '2001:db8::4', destination: '::1', tlvs: TLV('a') });
    mapped.copy(bytes, 16);
    assert.equal(await from(PROXY, [bytes, head()]), '200');
    mapped.writeUInt8(9, 13);
    mapped.copy(bytes, 16);
    assert.equal(await from(PROXY, [bytes, head()]), '403');
  });

  it('that comes a byte at a time is read as one', async () => {
    const all = Buffer.concat([inside, Buffer.from(head())]);
    assert.equal(
      await from(
        PROXY,
        [...all].map((byte) => Buffer.from([byte])),
      ),
      '200',
    );
    const other = Buffer.concat([proxyV2({ ...A, tlvs: TLV('b') }), Buffer.from(head())]);
    assert.equal(
      await from(
        PROXY,
        [...other].map((byte) => Buffer.from([byte])),
      ),
      '403',
    );
  });
});
