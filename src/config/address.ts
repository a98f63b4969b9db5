import { isIP } from 'node:net';

/** Where a server listens. `host` is an IP address without brackets or a host name; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const DNS_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);

/** Reads a lower-case DNS name; `undefined` for anything else. A last label of digits alone would be an odd IPv4 address. */
export function parseDnsName(text: string): string | undefined {
  if (text.length > 253 || !DNS_NAME.test(text)) return undefined;
  return /(?:^|\.)\d+$/.test(text) ? undefined : text;
}

/** Reads a port from 0 to 65535 written in decimal without leading zeros. */
export function parsePort(text: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,4})$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65535 ? port : undefined;
}

/** Reads `HOST:PORT`, where an IPv6 address stands in brackets: `[::1]:5443`. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text);
  const port = parsePort(match?.[3] ?? '');
  const host = parseHost(match?.[1], match?.[2]);
  return port === undefined || host === undefined ? undefined : { host, port };
}

function parseHost(bracketed: string | undefined, plain: string | undefined): string | undefined {
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? bracketed : undefined;
  if (plain === undefined) return undefined;
  return isIP(plain) === 4 ? plain : parseDnsName(plain);
}

/** `HOST:PORT` as it is typed and as it stands in a URL. */
export function formatListenAddress(address: ListenAddress): string {
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

const EVERY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1', localhost: '127.0.0.1' };

/** The address by which a client on this machine reaches what listens on `host`. */
export function connectableHost(host: string): string {
  return EVERY_ADDRESS[host] ?? host;
}
