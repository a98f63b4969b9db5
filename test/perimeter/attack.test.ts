import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { proxyV2 } from '../../src/connection/proxy-header.fixture.ts';
import { failing, filled, outcomeOf } from '../../src/attack/attempt.ts';
import { ATTACKS, type Attempt, REFUSED, request } from '../../src/attack/table.ts';
import { type Client, type PerimeterScene, perimeterScene, textOf } from './scene.ts';

/** A client of the admitted subnet, and one of the internet. */
const INSIDE: Client = { address: '10.0.0.4', in: 'a' };
const OUTSIDE: Client = { address: '203.0.113.9' };
const PROXY = '127.0.0.9';

describe('attacks on network rules', () => {
  let scene: PerimeterScene;
  let host: string;
  let admin: string;
  before(async () => {
    scene = await perimeterScene();
    host = scene.seawall.host('myregistry');
    const { username, password } = scene.seawall.admin('myregistry');
    admin = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    await scene.patch({
      networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules: [{ id: scene.subnet('a', 'on') }], ipRules: [] },
    });
  });
  after(() => scene[Symbol.asyncDispose]());

  const fill = (text: string): string => filled(text, { host, authorization: admin });
  /** Tries one as this client; without a PROXY header of the scene's proxy where it brings its own. */
  const tried = (attempt: Attempt, client: Client): Promise<string> => {
    const socket = attempt.before === undefined ? scene.open(client) : unlisted();
    const answer = textOf(socket);
    if (attempt.before !== undefined) socket.write(attempt.before);
    socket.end(Buffer.from(fill(attempt.text), 'latin1'));
    return answer;
  };
  const unlisted = (): Socket => {
    const socket = connect({ port: scene.seawall.listenPort, host: '127.0.0.1', localAddress: '127.0.0.8' });
    socket.on('error', () => undefined);
    return socket;
  };

  for (const [group, attacks] of Map.groupBy(ATTACKS, (one) => one.group))
    describe(group, () => {
      for (const { name, outside, inside } of attacks)
        it(`${name} lets nobody in, and its twin within the subnet is answered`, async () => {
          assert.equal(failing(await tried(outside, OUTSIDE), outside.expect), undefined);
          assert.equal(failing(await tried(inside, INSIDE), inside.expect), undefined);
        });
    });

  describe('a PROXY header', () => {
    const head = (): string => fill(request('GET /v2/ HTTP/1.1', 'host: HOST', 'authorization: ADMIN'));
    const from = async (address: string, bytes: readonly (Buffer | string)[]): Promise<string> => {
      const socket = connect({ port: scene.seawall.listenPort, host: '127.0.0.1', localAddress: address });
      socket.on('error', () => undefined);
      const answer = textOf(socket);
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
      [
        'with a namespace that is not listed',
        PROXY,
        () => [proxyV2({ ...A, tlvs: [[0x30, Buffer.from('a')]] }), head()],
      ],
      [
        'with a wrong checksum',
        PROXY,
        () => [proxyV2({ ...A, tlvs: [...TLV('a'), [3, Buffer.from([1, 2, 3, 4])]] }), head()],
      ],
      [
        'whose fields are longer than it',
        PROXY,
        () => [proxyV2({ ...A, rest: Buffer.from([0xe1, 0, 9, 97]) }), head()],
      ],
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
      [
        'of version 1 with a number for an address',
        PROXY,
        () => ['PROXY TCP4 167772164 198.18.77.2 1 443\r\n', head()],
      ],
      ['of version 1 with a scope', PROXY, () => ['PROXY TCP6 fe80::1%1 fe80::2 1 443\r\n', head()]],
      ['of version 1 without its carriage return', PROXY, () => ['PROXY TCP4 10.0.0.4 198.18.77.2 1 443\n', head()]],
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

  describe('what was made within the subnet and is used outside', () => {
    const json = (answer: string): Record<string, string> =>
      JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
    const token = async (): Promise<string> => {
      const path = '/oauth2/token?service=myregistry.azurecr.localhost&scope=repository:hello-world:pull,push';
      const answer = await scene.ask(INSIDE, `GET ${path}`, { authorization: admin });
      return json(answer)['access_token'] ?? '';
    };

    it('an access token is refused, and taken within', async () => {
      const authorization = `Bearer ${await token()}`;
      assert.equal(outcomeOf(await scene.ask(OUTSIDE, 'GET /v2/', { authorization })), '403');
      assert.equal(outcomeOf(await scene.ask(INSIDE, 'GET /v2/', { authorization })), '200');
    });

    it('the URL of an upload is refused, and taken within', async () => {
      const authorization = `Bearer ${await token()}`;
      const started = await scene.ask(INSIDE, 'POST /v2/hello-world/blobs/uploads/', {
        authorization,
        'content-length': '0',
      });
      const location = /^location: (.+)\r$/im.exec(started)?.[1] ?? '';
      const url = new URL(location, `https://${host}`);
      assert.equal(outcomeOf(await scene.ask(OUTSIDE, `GET ${url.pathname}${url.search}`, { authorization })), '403');
      assert.equal(outcomeOf(await scene.ask(INSIDE, `GET ${url.pathname}${url.search}`, { authorization })), '204');
    });

    it('a registry made again under its name knows no token of the one before, nor its rules', async () => {
      const authorization = `Bearer ${await token()}`;
      const found = await scene.arm.must('GET', scene.registry);
      await scene.arm.must('DELETE', scene.registry);
      assert.equal(outcomeOf(await scene.ask(INSIDE, 'GET /v2/', { authorization })), '421');
      await scene.arm.must('PUT', scene.registry, {
        location: found['location'],
        sku: { name: 'Premium' },
        properties: { adminUserEnabled: true },
      });
      assert.equal(outcomeOf(await scene.ask(INSIDE, 'GET /v2/', { authorization })), '401');
      assert.equal(outcomeOf(await scene.ask(OUTSIDE, 'GET /v2/')), '401');
    });
  });
});
