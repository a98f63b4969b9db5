import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Origin } from './subject.ts';

/** A request; the path may be a whole URL, of which the path is taken. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** An answer, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * One kept connection that asks one thing after another, with as little work of its own as can be: a client that costs
 * more than the server would measure itself. Takes answers with a length, or in chunks.
 */
export class Wire implements Disposable {
  readonly #socket: Socket;
  readonly #origin: Origin;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | undefined;
  #method = 'GET';

  private constructor(origin: Origin, socket: Socket) {
    this.#origin = origin;
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  /** Opens a connection. */
  static async open(origin: Origin): Promise<Wire> {
    const { protocol, hostname, port } = new URL(origin.url);
    const to = { host: hostname, port: Number(port) };
    const servername = origin.headers['host']?.replace(/:\d+$/, '');
    const socket =
      protocol === 'http:'
        ? connectPlain({ ...to, noDelay: true })
        : connectTls({ ...to, rejectUnauthorized: false, ...(servername && { servername }) });
    await once(socket, protocol === 'http:' ? 'connect' : 'secureConnect');
    return new Wire(origin, socket);
  }

  /** Asks; rejects when the connection ends first. */
  ask({ method, path, headers = {}, body }: Question): Promise<Answer> {
    const target = path.startsWith('http') ? path.replace(/^https?:\/\/[^/]*/, '') : path;
    const all = { host: new URL(this.#origin.url).host, ...this.#origin.headers, ...headers };
    const length = body === undefined && method !== 'POST' ? {} : { 'content-length': String(body?.length ?? 0) };
    const lines = Object.entries({ ...all, ...length }).map(([name, value]) => `${name}: ${value}`);
    const head = `${[`${method} ${target} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`;
    this.#method = method;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(body === undefined ? head : Buffer.concat([Buffer.from(head), body]));
    });
  }

  /** Asks; throws unless the answer is of success. */
  async must(question: Question): Promise<Answer> {
    const answer = await this.ask(question);
    if (answer.status < 300) return answer;
    throw new Error(`${question.method} ${question.path}: ${answer.status} ${answer.body.toString('utf8')}`);
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const answer = parse(this.#received, this.#method);
    if (answer === undefined) return;
    this.#received = Buffer.alloc(0);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(answer);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

function parse(received: Buffer, method: string): Answer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const status = Number(first.split(' ')[1]);
  const rest = received.subarray(end + 4);
  if (method === 'HEAD' || status === 204 || status === 304) return { status, headers, body: Buffer.alloc(0) };
  if (headers['transfer-encoding'] === 'chunked') {
    const body = unchunked(rest);
    return body && { status, headers, body };
  }
  const length = Number(headers['content-length'] ?? 0);
  return rest.length < length ? undefined : { status, headers, body: rest.subarray(0, length) };
}

function unchunked(rest: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = rest.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.toString('latin1', at, line), 16);
    if (rest.length < line + 2 + size + 2) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** The media type of the manifests that are pushed here. */
export const MANIFEST_TYPE = MANIFEST;

/** The SHA-256 digest of bytes. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Pushes a small blob: POST, then PUT with the bytes. */
export async function pushBlob(wire: Wire, repository: string, bytes: Buffer): Promise<Descriptor> {
  const digest = digestOf(bytes);
  const { headers } = await wire.must({ method: 'POST', path: `/v2/${repository}/blobs/uploads/` });
  const location = headers['location'] ?? '';
  const path = `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`;
  await wire.must({ method: 'PUT', path, headers: { 'content-type': 'application/octet-stream' }, body: bytes });
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: bytes.length };
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const CONFIG = Buffer.from(
  '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}',
);

/** Pushes the configuration that images here share. */
export async function pushConfig(wire: Wire, repository: string): Promise<Descriptor> {
  return { ...(await pushBlob(wire, repository, CONFIG)), mediaType: 'application/vnd.oci.image.config.v1+json' };
}

/** Pushes a manifest of these layers; answers its digest. */
export async function pushManifest(
  wire: Wire,
  at: { readonly repository: string; readonly reference: string },
  parts: { readonly config: Descriptor; readonly layers: readonly Descriptor[] },
): Promise<string> {
  const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, ...parts }));
  const path = `/v2/${at.repository}/manifests/${at.reference}`;
  await wire.must({ method: 'PUT', path, headers: { 'content-type': MANIFEST }, body });
  return digestOf(body);
}
