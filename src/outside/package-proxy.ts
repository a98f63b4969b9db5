import { type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ProxySettings, type Way, wayTo } from './upstream.ts';

/** What the proxy of packages works with. */
export interface PackageProxyOptions {
  /** Hosts that packages are fetched from, in lower case. */
  readonly allowed: () => Promise<ReadonlySet<string>>;
  readonly settings: () => Promise<ProxySettings>;
  /** Told of what nobody got: a host that is not allowed, or cannot be reached. */
  readonly tell: (failure: PackageFailure) => void;
}

/** A request for a package that came to nothing. */
export interface PackageFailure {
  readonly kind: 'refused' | 'unreachable';
  readonly host: string;
  readonly why: string;
}

/** A forward proxy (RFC 9110, section 3.7) that leads to hosts of packages, and to nobody else. */
export interface PackageProxy {
  request(incoming: IncomingMessage, response: ServerResponse): void;
  connect(incoming: IncomingMessage, client: Duplex, head: Buffer): void;
}

/** How long a mirror may say nothing, in ms. */
const SILENCE_MS = 60_000;
/** Headers that are between two neighbours alone (RFC 9110, section 7.6.1). */
const HOP = new Set(
  'connection proxy-connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
);

/** Makes the proxy. */
export function packageProxy(options: PackageProxyOptions): PackageProxy {
  return {
    request: (incoming, response) => void forward(options, incoming, response).catch(() => response.destroy()),
    connect: (incoming, client, head) =>
      void tunnel(options, { target: incoming.url ?? '', client, head }).catch(() => client.destroy()),
  };
}

async function forward(
  options: PackageProxyOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(incoming.url ?? '');
  const isRead = incoming.method === 'GET' || incoming.method === 'HEAD';
  if (url?.protocol !== 'http:' || !isRead)
    return say(response, 400, 'this proxy takes GET and HEAD of http URLs, and CONNECT', '');
  const why = await refusal(options, url.hostname, url.port === '' ? 80 : Number(url.port));
  if (why !== undefined) return say(response, 403, why, url.hostname);
  const way = wayTo('http', url.hostname, await options.settings());
  const outgoing = ask({
    ...(way.kind === 'direct'
      ? { host: url.hostname, port: url.port === '' ? 80 : Number(url.port), path: `${url.pathname}${url.search}` }
      : { host: way.host, port: way.port, path: url.href }),
    method: incoming.method,
    headers: { ...endToEnd(incoming.headers), host: url.host, ...authorization(way) },
    agent: false,
    timeout: SILENCE_MS,
  });
  outgoing.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.headers));
    answer.on('error', () => response.destroy()).pipe(response);
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error(`it said nothing for ${SILENCE_MS / 1000} s`)));
  outgoing.on('error', (error) => {
    if (response.headersSent) return void response.destroy();
    say(response, 502, unreachable(options, url.hostname, error), url.hostname);
  });
  response.on('close', () => outgoing.destroy());
  outgoing.end();
}

function authorization(way: Way): Readonly<Record<string, string>> {
  return way.kind === 'proxy' && way.authorization !== undefined ? { 'proxy-authorization': way.authorization } : {};
}

function endToEnd(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name)));
}

/** Why a host is not reached by this proxy; `undefined` when it is. */
async function refusal(
  { allowed, tell }: PackageProxyOptions,
  host: string,
  port: number,
): Promise<string | undefined> {
  const hosts = await allowed();
  if (hosts.has(host.toLowerCase()) && (port === 80 || port === 443)) return undefined;
  const why = `seawall: ${host}:${port} is not among the package hosts of this lab (${[...hosts].join(', ')}); start it with --package-hosts ${host}`;
  tell({ kind: 'refused', host, why });
  return why;
}

function unreachable({ tell }: PackageProxyOptions, host: string, error: Error): string {
  const why = `seawall: ${host} cannot be reached by the machine of the lab (${error.message})`;
  tell({ kind: 'unreachable', host, why });
  return why;
}

/** apt shows the words after the status. */
function say(response: ServerResponse, status: number, why: string, host: string): void {
  response.writeHead(status, why.replaceAll(/[^\x20-\x7e]/g, ' '), {
    'content-type': 'text/plain; charset=utf-8',
    'x-seawall-host': host,
  });
  response.end(`${why}\n`);
}

interface Tunnel {
  readonly target: string;
  readonly client: Duplex;
  readonly head: Buffer;
}

async function tunnel(options: PackageProxyOptions, { target, client, head }: Tunnel): Promise<void> {
  const [, host = '', port = ''] = /^([^:[\]]+):(\d+)$/.exec(target) ?? [];
  client.on('error', () => undefined);
  const why = await refusal(options, host, Number(port));
  if (why !== undefined) return void client.end(statusLine(403, why));
  const way = wayTo('https', host, await options.settings());
  const end = way.kind === 'direct' ? { host, port: Number(port) } : { host: way.host, port: way.port };
  const upstream = connect(end, () => {
    if (way.kind === 'direct') client.write(statusLine(200, 'Connection established'));
    else upstream.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n${proxyLine(way)}\r\n`);
    // Behind another proxy its own answer goes to the client, whatever it is.
    upstream.write(head);
    join(client, upstream);
  });
  upstream.on('error', (error) => client.end(statusLine(502, unreachable(options, host, error))));
}

function proxyLine({ authorization: value }: Extract<Way, { kind: 'proxy' }>): string {
  return value === undefined ? '' : `proxy-authorization: ${value}\r\n`;
}

function statusLine(status: number, words: string): string {
  return `HTTP/1.1 ${status} ${words.replaceAll(/[^\x20-\x7e]/g, ' ')}\r\n\r\n`;
}

function join(client: Duplex, upstream: Socket): void {
  upstream.setTimeout(SILENCE_MS, () => upstream.destroy());
  client.pipe(upstream).pipe(client);
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
}
