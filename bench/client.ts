import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Content } from './content.ts';
import type { Server } from './server.ts';

/** A request; `body` is streamed when it is an iterable. */
export interface Asked {
  readonly method: string;
  /** Path with query, or a whole URL. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Iterable<Uint8Array>;
}

/** An HTTPS client of one server, with kept connections; it trusts its CA and resolves its names. */
export class Client implements Disposable {
  readonly #server: Server;
  readonly #agent: Agent;

  constructor(server: Server) {
    this.#server = server;
    this.#agent = new Agent({
      keepAlive: true,
      ca: server.ca,
      lookup: (_name, { all }, answer) =>
        all === true ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4),
    });
  }

  /** Sends a request as the admin user; answers when the head of the answer has come. Throws unless it is of success. */
  async send({ method, url, headers = {}, body = [] }: Asked): Promise<IncomingMessage> {
    const { authorization, host } = this.#server;
    const target = new URL(url, `https://${host}`);
    const outgoing = request(target, { method, agent: this.#agent, headers: { authorization, ...headers } });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    outgoing.on('response', resolve).on('error', reject);
    const [response] = await Promise.all([promise, pipeline(Readable.from(body), outgoing)]);
    if ((response.statusCode ?? 500) < 300) return response;
    throw new Error(`${method} ${url}: ${response.statusCode} ${String(await buffer(response))}`);
  }

  /** Sends a request and reads the answer whole. */
  async read(asked: Asked): Promise<Buffer> {
    return buffer(await this.send(asked));
  }

  /** Pushes a blob as docker does: POST, one streamed PATCH, PUT. */
  async push(repository: string, content: Content, digest: string): Promise<void> {
    const begun = await this.send({ method: 'POST', url: `/v2/${repository}/blobs/uploads/`, headers: NO_BODY });
    const session = await this.#location(begun);
    const sent = await this.send({ method: 'PATCH', url: session, headers: STREAM, body: content });
    await this.read({ method: 'PUT', url: withDigest(await this.#location(sent), digest), headers: NO_BODY });
  }

  /** Pulls a blob, handing on its bytes. */
  async pull(repository: string, digest: string, take: (bytes: Buffer) => void): Promise<void> {
    const response = await this.send({ method: 'GET', url: `/v2/${repository}/blobs/${digest}` });
    for await (const bytes of response) take(bytes);
  }

  async #location(response: IncomingMessage): Promise<string> {
    await buffer(response);
    return response.headers.location ?? '';
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

const NO_BODY = { 'content-length': 0 };
const STREAM = { 'content-type': 'application/octet-stream' };

function withDigest(location: string, digest: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`;
}
