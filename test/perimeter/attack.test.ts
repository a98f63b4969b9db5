import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { proxyV2 } from '../../src/connection/proxy-header.fixture.ts';
import { type Client, type PerimeterScene, perimeterScene, textOf } from './scene.ts';

/** A client of the admitted subnet, and one of the internet. */
const INSIDE: Client = { address: '10.0.0.4', in: 'a' };
const OUTSIDE: Client = { address: '203.0.113.9' };
const PROXY = '127.0.0.9';

/** What a connection came to: a status, or that it was ended without an answer. */
const outcomeOf = (answer: string): string => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'cut';
/** Statuses that let nobody in: refused by network, by form, by host; or no answer at all. */
const REFUSED = new Set(['400', '403', '405', '417', '421', '431', 'cut']);

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

  /** Sends bytes after the proxy's header, and what came back. */
  const send = (client: Client, text: string): Promise<string> => {
    const socket = scene.open(client);
    const answer = textOf(socket);
    socket.end(Buffer.from(text, 'latin1'));
    return answer;
  };
  const request = (line: string, ...headers: readonly string[]): string =>
    [line, ...headers, 'connection: close', '', ''].join('\r\n');
  const fill = (text: string): string => text.replaceAll(/\bHOST\b/g, host).replaceAll('ADMIN', admin);

  describe('a path of another spelling', () => {
    const paths = [
      '/v2',
      '/v2/',
      '/v2//',
      '//v2/',
      '/./v2/',
      '/x/../v2/',
      '/v2/./_catalog',
      '/v2/../v2/',
      '/V2/',
      '/v2/%2e%2e/v2/',
      '/%76%32/',
      '/v2/hello-world/tags/list',
      '/v2/hello-world/manifests/v1',
      '/v2/hello-world/manifests/../../_catalog',
      '/v2/hello%2fworld/tags/list',
      '/v2/hello-world/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000',
      '/v2/hello-world/blobs/uploads/00000000-0000-0000-0000-000000000000',
      '/v2/hello-world/referrers/sha256:0000000000000000000000000000000000000000000000000000000000000000',
      '/v2/_catalog?n=1',
      '/v2/?x=/oauth2/token',
      '/v2/;x=1/',
      '/v2/\\..\\',
      '/v1/_ping',
      '/v1/',
      '/oauth2/token',
      '/oauth2/exchange',
      '/oauth2/%74oken',
      '/oauth2/token/../exchange',
      '/acr/v1/_catalog',
      '/acr/v1/hello-world',
      '/acr/v1/hello-world/_tags',
      '/livez',
      '/metrics',
      '/seawall/denials',
      '/subscriptions',
      '/favicon.ico',
      '/',
      '/v2/#',
    ];
    for (const path of paths)
      it(`${path} is refused, and answered within the subnet`, async () => {
        const text = fill(request(`GET ${path} HTTP/1.1`, 'host: HOST', 'authorization: ADMIN'));
        assert.ok(REFUSED.has(outcomeOf(await send(OUTSIDE, text))));
        assert.notEqual(outcomeOf(await send(INSIDE, text)), '403');
      });
  });

  describe('a method of another kind', () => {
    for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'get'])
      it(`${method} is refused, and not for its network within the subnet`, async () => {
        const text = fill(
          request(`${method} /v2/ HTTP/1.1`, 'host: HOST', 'authorization: ADMIN', 'content-length: 0'),
        );
        assert.ok(REFUSED.has(outcomeOf(await send(OUTSIDE, text))));
        assert.notEqual(outcomeOf(await send(INSIDE, text)), '403');
      });
  });

  describe('a header that says who the client is', () => {
    const headers = [
      'x-forwarded-for: 10.0.0.4',
      'x-forwarded-for: 10.0.0.4, 203.0.113.9',
      'X-Forwarded-For: 127.0.0.1',
      'x-forwarded-host: localhost',
      'x-forwarded-proto: https',
      'x-real-ip: 10.0.0.4',
      'forwarded: for=10.0.0.4;by=127.0.0.9',
      'forwarded: for="[::ffff:10.0.0.4]"',
      'x-client-ip: 10.0.0.4',
      'client-ip: 10.0.0.4',
      'x-original-forwarded-for: 10.0.0.4',
      'forwarded: for=10.0.0.4',
      'via: 10.0.0.4',
      'x-cluster-client-ip: 10.0.0.4',
      'true-client-ip: 10.0.0.4',
      'cf-connecting-ip: 10.0.0.4',
      'fastly-client-ip: 10.0.0.4',
      'x-azure-socketip: 10.0.0.4',
      'x-azure-clientip: 10.0.0.4',
      'x-ms-private-link-id: a',
      'x-original-url: /livez',
      'x-rewrite-url: /livez',
      'x-http-method-override: GET',
      'x-originating-ip: 127.0.0.1',
      'x-remote-addr: 127.0.0.1',
      'x-seawall-explain: allow',
      'x-seawall-reason: subnet-rule',
      'via: 1.1 127.0.0.9',
      'referer: https://portal.azure.com/',
      'user-agent: AzureServices',
      'x-ms-client-request-id: 10.0.0.4',
    ];
    for (const header of headers)
      it(`${header} is not believed, and takes nothing from the subnet`, async () => {
        const text = fill(request('GET /v2/ HTTP/1.1', 'host: HOST', 'authorization: ADMIN', header));
        assert.equal(outcomeOf(await send(OUTSIDE, text)), '403');
        assert.equal(outcomeOf(await send(INSIDE, text)), '200');
      });
  });

  describe('a host of another spelling', () => {
    const name = 'myregistry.azurecr.localhost';
    const same = [`host: ${name.toUpperCase()}`, `host: ${name}.`, `host: ${name}:1`, `Host: ${name}:65535`];
    for (const header of same)
      it(`${header} is the same registry`, async () => {
        const text = fill(request('GET /v2/ HTTP/1.1', header, 'authorization: ADMIN'));
        assert.equal(outcomeOf(await send(OUTSIDE, text)), '403');
        assert.equal(outcomeOf(await send(INSIDE, text)), '200');
      });
    const none = [
      [],
      ['host: HOST', 'host: HOST'],
      ['host: another.azurecr.localhost', 'host: HOST'],
      ['host: HOST, another.azurecr.localhost'],
      [`host: ${name}@another`],
      [`host: ${name}:443:443`],
      [`host: ${name}/`],
      ['host: localhost'],
      ['host: 127.0.0.1'],
      ['host: [::1]'],
      ['host: *.azurecr.localhost'],
      ['host: '],
      [`host: ${name}%00`],
      [`host: xn--${name}`],
    ];
    for (const headers of none)
      it(`${JSON.stringify(headers)} is no registry, for anybody`, async () => {
        const text = fill(request('GET /v2/ HTTP/1.1', ...headers, 'authorization: ADMIN'));
        for (const client of [OUTSIDE, INSIDE]) assert.match(outcomeOf(await send(client, text)), /^(?:400|421|cut)$/);
      });
    const targets = [
      [`GET https://${name}/v2/ HTTP/1.1`, '200'],
      [`GET http://${name.toUpperCase()}/v2/ HTTP/1.1`, '200'],
      ['GET https://another.azurecr.localhost/v2/ HTTP/1.1', '421'],
      ['GET https://localhost/v2/ HTTP/1.1', '421'],
      [`GET https://user@${name}/v2/ HTTP/1.1`, '421'],
      ['GET ftp://x/v2/ HTTP/1.1', '400'],
      ['GET v2/ HTTP/1.1', '400'],
    ] as const;
    for (const [line, within] of targets)
      it(`the target of "${line}" is refused, and ${within} within the subnet`, async () => {
        const text = fill(request(line, 'host: HOST', 'authorization: ADMIN'));
        assert.ok(REFUSED.has(outcomeOf(await send(OUTSIDE, text))));
        assert.equal(outcomeOf(await send(INSIDE, text)), within);
      });
  });

  describe('a request within a request', () => {
    const inner = 'GET /v2/_catalog HTTP/1.1\r\nhost: HOST\r\nauthorization: ADMIN\r\n\r\n';
    const shapes: readonly (readonly [string, string])[] = [
      [
        'two lengths',
        `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: 4\r\ncontent-length: 40\r\n\r\n${inner}`,
      ],
      [
        'a length and chunks',
        `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
      ],
      [
        'chunks twice',
        `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n${inner}`,
      ],
      [
        'another encoding',
        `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
      ],
      [
        'a space before the colon',
        `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n${inner}`,
      ],
      [
        'a folded header',
        `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n${inner}`,
      ],
      ['a bare line feed', `POST /oauth2/token HTTP/1.1\nhost: HOST\ncontent-length: 0\n\n${inner}`],
      ['a body of GET', `GET /v2/ HTTP/1.1\r\nhost: HOST\r\ncontent-length: 0\r\n\r\n${inner}`],
      ['a pipeline', `GET /v2/ HTTP/1.1\r\nhost: HOST\r\n\r\n${inner}${inner}`],
      ['a pipeline of other registries', `GET /v2/ HTTP/1.1\r\nhost: another.azurecr.localhost\r\n\r\n${inner}`],
      ['a negative length', `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: -1\r\n\r\n${inner}`],
      ['a length with a sign', `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: +0\r\n\r\n${inner}`],
      [
        'a chunk size beyond numbers',
        `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n${inner}`,
      ],
      ['an upgrade', `GET /v2/ HTTP/1.1\r\nhost: HOST\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n${inner}`],
      ['a tunnel', `CONNECT HOST HTTP/1.1\r\nhost: HOST\r\n\r\n${inner}`],
      ['HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${inner}`],
      ['HTTP/0.9', 'GET /v2/\r\n'],
      ['a nul in the path', `GET /v2/\0 HTTP/1.1\r\nhost: HOST\r\n\r\n${inner}`],
    ];
    for (const [name, text] of shapes)
      it(`by ${name} lists nothing, while plainly asked within the subnet it does`, async () => {
        assert.doesNotMatch(await send(OUTSIDE, fill(text)), /"repositories"/);
        assert.match(
          await send(INSIDE, fill(inner.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'))),
          /"repositories"/,
        );
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
        assert.ok(REFUSED.has(await from(peer, bytes())));
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
