import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { type PackageFailure, packageProxy } from './package-proxy.ts';

describe('the proxy of packages', () => {
  const failures: PackageFailure[] = [];
  /** Stands for every mirror: what this machine calls a proxy, so that names need not be real. */
  const mirror = createServer((asked, response) => {
    response.writeHead(200, { 'x-asked': asked.url ?? '', connection: 'close' });
    response.end('a package');
  });
  const tunnelled = createTcpServer((socket) =>
    socket.once('data', (bytes) => socket.end(`HTTP/1.1 200 fine\r\n\r\n${bytes.toString().split('\r\n')[0]}`)),
  );
  let proxy: Server;
  let port = 0;
  let upstream = '';
  before(async () => {
    mirror.listen(0, '127.0.0.1');
    tunnelled.listen(0, '127.0.0.1');
    await Promise.all([once(mirror, 'listening'), once(tunnelled, 'listening')]);
    const at = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
    upstream = `http://127.0.0.1:${at(mirror)}`;
    const served = packageProxy({
      allowed: async () => new Set(['deb.example', 'gone.example']),
      settings: async () => ({
        apt: [`Acquire::http::Proxy::gone.example "http://127.0.0.1:1";`],
        env: { http_proxy: upstream, https_proxy: `http://127.0.0.1:${at(tunnelled)}` },
      }),
      tell: (failure) => failures.push(failure),
    });
    proxy = createServer((asked, response) => served.request(asked, response)).on('connect', (asked, socket, head) =>
      served.connect(asked, socket, head),
    );
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    port = at(proxy);
  });
  after(() => {
    for (const server of [proxy, mirror, tunnelled]) server.close();
  });

  async function asked(url: string, method = 'GET'): Promise<IncomingMessage & { readonly said: string }> {
    const outgoing = request({ host: '127.0.0.1', port, path: url, method, agent: false });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return Object.assign(response, { said: await text(response) });
  }

  async function connected(target: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n`);
    return text(socket);
  }

  it('brings a package of a host that it knows', async () => {
    const { statusCode, said, headers } = await asked('http://deb.example/debian/dists/x/Release');
    assert.deepEqual([statusCode, said], [200, 'a package']);
    assert.equal(headers['x-asked'], 'http://deb.example/debian/dists/x/Release');
  });

  for (const url of [
    'http://other.example/',
    'http://127.0.0.1/',
    'http://169.254.169.254/metadata',
    'http://deb.example:8080/',
  ])
    it(`refuses ${url}, and says what would let it through`, async () => {
      const { statusCode, statusMessage } = await asked(url);
      assert.equal(statusCode, 403);
      assert.match(statusMessage ?? '', /is not among the package hosts of this lab .*--package-hosts/);
    });

  it('takes no request for itself, and none that writes', async () => {
    assert.equal((await asked('/')).statusCode, 400);
    assert.equal((await asked('http://deb.example/', 'POST')).statusCode, 400);
  });

  it('says which host cannot be reached, to whoever asked and to the log', async () => {
    const { statusCode, statusMessage } = await asked('http://gone.example/debian/x');
    assert.equal(statusCode, 502);
    assert.match(statusMessage ?? '', /gone\.example cannot be reached by the machine of the lab \(.*ECONNREFUSED/);
    assert.equal(failures.findLast(({ kind }) => kind === 'unreachable')?.host, 'gone.example');
  });

  it("leads to a host that it knows by TLS, through the machine's own proxy", async () => {
    assert.match(await connected('deb.example:443'), /200 fine\r\n\r\nCONNECT deb\.example:443 HTTP\/1\.1$/);
  });

  for (const target of ['other.example:443', 'deb.example:22', '127.0.0.1:443'])
    it(`refuses to lead to ${target}`, async () => assert.match(await connected(target), /^HTTP\/1\.1 403 seawall:/));
});
