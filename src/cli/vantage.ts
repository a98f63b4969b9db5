import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** A place to send requests to a login server from. */
export interface Vantage {
  readonly host: string;
  readonly port: number;
  /** PEM of the CA to trust; the system's own CAs when absent. */
  readonly ca: string | undefined;
  /** What connects its standard input and output to the two; this machine itself where absent. */
  readonly via: readonly string[] | undefined;
}

/** A connection that has not ended by itself is ended after this many ms: what it sent until then counts. */
const PATIENCE_MS = 20_000;

/** Sends bytes over a connection of their own, some before TLS, and resolves with all that came back, as latin1. */
export async function dial(vantage: Vantage, before: Uint8Array | undefined, bytes: Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  const raw = open(vantage);
  const end = (): void => {
    clearTimeout(patience);
    raw.destroy();
    resolve(text);
  };
  const patience = setTimeout(end, PATIENCE_MS);
  raw.on('error', () => undefined);
  if (before !== undefined) raw.write(before);
  const { host, ca } = vantage;
  const secured = connectTls({ socket: raw, servername: host, ...(ca === undefined ? {} : { ca }) }, () =>
    secured.write(bytes),
  );
  secured.on('data', (more: Buffer) => (text += more.toString('latin1')));
  // The connection below may close before what came over it is read: this one tells the end.
  secured.on('error', () => undefined).on('close', end);
  return promise;
}

function open({ host, port, via }: Vantage): Duplex {
  if (via === undefined) return connect({ host, port });
  const [tool = '', ...args] = via;
  const child = spawn(tool, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  // The types of Node name the web's streams alone here; its own are documented.
  const both = Duplex.from({ readable: child.stdout, writable: child.stdin } as never);
  both.on('close', () => child.kill());
  return both;
}
