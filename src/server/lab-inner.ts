import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { InnerPurpose } from '../lab/message.ts';
import { hub } from '../outside/hub.ts';
import { packageProxy, type PackageProxyOptions } from '../outside/package-proxy.ts';
import { shortLinks } from '../outside/short-link.ts';
import { type Substituted, SUBSTITUTED_NAMES, type Substitutions } from '../outside/substitution.ts';
import { openServerCertificate } from '../trust/server-certificate.ts';

/** What answers on the inner addresses of routers. */
export interface InnerServices extends AsyncDisposable {
  /** Accepts the connections of one router's socket; the function it answers stops that. */
  take(purpose: InnerPurpose, network: string, socket: Server): () => void;
}

/** What the inner services are made of. */
export interface InnerOptions {
  /** The folder of Seawall's own CA, which hosts trust. */
  readonly trust: string;
  readonly substitutions: Substitutions;
  readonly packages: PackageProxyOptions;
  /** Answers a host that asks about itself; it is known by its network and its address. */
  readonly metadata: (network: string, request: IncomingMessage, response: ServerResponse) => void;
  readonly report: (message: string) => void;
  readonly now: () => number;
}

/** Opens the inner services: each is one HTTP server, whichever router a connection comes from. */
export async function openInnerServices(options: InnerOptions): Promise<InnerServices> {
  await using stack = new AsyncDisposableStack();
  const names = [...SUBSTITUTED_NAMES.keys()];
  const certificate = stack.use(
    await openServerCertificate({
      source: { kind: 'local', directory: options.trust, names, file: 'outside' },
      now: options.now,
      report: options.report,
    }),
  );
  const networks = new WeakMap<Socket, string>();
  const standIns = answerByHost({
    'docker-hub': hub(options.substitutions),
    'azure-cli-script': shortLinks(options.substitutions),
  });
  const proxy = packageProxy(options.packages);
  const servers: Readonly<Record<InnerPurpose, { emit(event: 'connection', socket: Socket): boolean; close(): void }>> =
    {
      metadata: createServer((request, response) =>
        options.metadata(networks.get(request.socket) ?? '', request, response),
      ),
      'outside-http': createServer(redirectToTls),
      'outside-https': createTlsServer(
        { SNICallback: (_, take) => take(null, createSecureContext(certificate.current())) },
        standIns,
      ),
      packages: createServer((request, response) => proxy.request(request, response)).on(
        'connect',
        (request, socket, head) => proxy.connect(request, socket, head),
      ),
    };
  const open = new Set<Socket>();
  for (const server of Object.values(servers)) stack.defer(() => server.close());
  stack.defer(() => open.forEach((socket) => socket.destroy()));
  const kept = stack.move();
  return {
    take(purpose, network, socket) {
      socket.on('error', () => undefined);
      socket.on('connection', (connection: Socket) => {
        networks.set(connection, network);
        open.add(connection);
        connection.on('error', () => undefined).once('close', () => open.delete(connection));
        servers[purpose].emit('connection', connection);
      });
      return () => void socket.close();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A name stands for what is substituted for it; the lab's DNS leads nothing else here. */
function answerByHost(handlers: Readonly<Partial<Record<Substituted, RequestListener>>>): RequestListener {
  return (request, response) => {
    const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    const what = SUBSTITUTED_NAMES.get(name);
    const handler = what === undefined ? undefined : handlers[what];
    if (handler !== undefined) return handler(request, response);
    response.writeHead(421, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`the lab stands in for ${[...SUBSTITUTED_NAMES.keys()].join(' and ')}, and not for ${name}\n`);
  };
}

const redirectToTls: RequestListener = (request, response) => {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  const known = SUBSTITUTED_NAMES.has(name);
  response.writeHead(known ? 301 : 421, known ? { location: `https://${name}${request.url ?? '/'}` } : {});
  response.end();
};
