import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { RawConnection } from '../../src/testkit/raw-connection.ts';
import { basicOf } from '../../src/testkit/login.ts';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';

/** One whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What goes with a request beside method and path. */
export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  /** A list of pieces is sent chunked. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** `Authorization`; the admin user's when it is not given, none when it is empty. */
  readonly authorization?: string;
}

/** Talks to one registry of a running server over TLS, as its admin user unless told otherwise. */
export class RegistryClient implements Disposable {
  readonly registry: string;
  readonly #seawall: TestSeawall;
  readonly #loginServer: string | undefined;
  readonly #ca: Buffer;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(seawall: TestSeawall, registry: string, ca: Buffer, loginServer: string | undefined) {
    this.#loginServer = loginServer;
    this.#seawall = seawall;
    this.registry = registry;
    this.#ca = ca;
  }

  /** `loginServer`: the name of the registry, where the server gives it another one than name and suffix. */
  static async of(seawall: TestSeawall, registry: string, loginServer?: string): Promise<RegistryClient> {
    return new RegistryClient(seawall, registry, await readFile(seawall.ca), loginServer);
  }

  /** Login server with its port, as it stands in `Host`. */
  get host(): string {
    const { port } = this.#seawall;
    return this.#loginServer === undefined ? this.#seawall.host(this.registry) : `${this.#loginServer}:${port}`;
  }

  /** Login server without port, as it stands in a TLS handshake. */
  get serverName(): string {
    return this.host.replace(/:\d+$/, '');
  }

  /** The admin user's credentials, for `Authorization`. */
  get basic(): string {
    return basicOf(this.#seawall.admin(this.registry));
  }

  /** Sends one request and reads its whole answer. Names are not looked up: every request goes to loopback. */
  async send(
    method: string,
    path: string,
    { headers = {}, body, authorization = this.basic }: Ask = {},
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const sent = request(
      {
        host: '127.0.0.1',
        port: this.#seawall.port,
        ca: this.#ca,
        servername: this.serverName,
        agent: this.#agent,
        method,
        path,
        headers: { host: this.host, ...(authorization === '' ? {} : { authorization }), ...headers },
      },
      (response) => {
        const { statusCode = 0 } = response;
        buffer(response).then(
          (bytes) => resolve({ status: statusCode, headers: response.headers, body: bytes }),
          reject,
        );
      },
    );
    sent.on('error', reject);
    if (Array.isArray(body)) {
      for (const piece of body) sent.write(piece);
      sent.end();
    } else sent.end(body);
    return promise;
  }

  /** A connection on which to write what no client would; TLS, unless `plain`. */
  async raw({ plain = false, servername = this.serverName } = {}): Promise<RawConnection> {
    const { port } = this.#seawall;
    return RawConnection.open(plain ? { port } : { port, tls: { ca: this.#ca, servername } });
  }

  /** An access token for a scope, such as `repository:a:pull`, ready for `Authorization`. */
  async bearer(scope: string, authorization = this.basic): Promise<string> {
    const query = new URLSearchParams({ service: this.serverName, scope });
    const answer = await this.send('GET', `/oauth2/token?${query.toString()}`, { authorization });
    return `Bearer ${jsonOf<{ access_token: string }>(answer).access_token}`;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** The body as JSON. */
export function jsonOf<T>(answer: Answer): T {
  return JSON.parse(answer.body.toString('utf8')) as T;
}

/** Status and code of a refusal, such as `404 NAME_UNKNOWN`; the status alone of what has no body. */
export function refusalOf({ status, body }: Pick<Answer, 'status'> & { readonly body: Buffer | string }): string {
  if (body.length === 0) return String(status);
  const { errors } = JSON.parse(body.toString()) as { errors?: readonly { code: string }[] };
  return `${status} ${errors?.map(({ code }) => code).join() ?? ''}`.trimEnd();
}
