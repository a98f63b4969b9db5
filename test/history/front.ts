import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A way into a server beside its own: what stands in front of a node. */
export interface Front extends AsyncDisposable {
  readonly port: number;
}

/** How a front is opened. */
export interface FrontOptions {
  /** The port of the node, on loopback, spoken to without TLS. */
  readonly to: number;
  /** Answers a GET with what it was answered before, every second time: as a node does that has not heard of a change. */
  readonly stale?: boolean;
}

/** What a front hands on. */
interface Kept {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Opens a front: an HTTP proxy with connections of its own. */
export async function openFront({ to, stale = false }: FrontOptions): Promise<Front> {
  const agent = new Agent({ keepAlive: true });
  const known = new Map<string, Kept>();
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = incoming;
    const body = await buffer(incoming);
    const old = stale && method === 'GET' ? known.get(url) : undefined;
    known.delete(url);
    const kept = old ?? (await forward({ agent, to }, incoming, body));
    if (old === undefined && method === 'GET') known.set(url, kept);
    response.writeHead(kept.status, kept.headers).end(kept.body);
  };
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

async function forward(
  { agent, to }: { readonly agent: Agent; readonly to: number },
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<Kept> {
  const sent = request({ host: '127.0.0.1', port: to, method, path: url, headers, agent }).end(body);
  const [answered] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answered.statusCode ?? 502, headers: answered.headers, body: await buffer(answered) };
}
