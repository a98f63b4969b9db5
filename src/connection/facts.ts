import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Client } from '../limit/client.ts';
import { formatAddress, parseAddress } from '../network/address.ts';
import type { Attachment, NetworkFacts } from '../network/facts.ts';
import type { Endpoint } from './proxy-protocol.ts';

/**
 * What a connection proves about itself, fixed when it is accepted. Nothing a client writes is among it but the server
 * name, which a certificate then answers for. Addresses are normalised (network/address.ts).
 */
export interface ConnectionFacts {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly scheme: 'https' | 'http';
  /** The name asked for in the handshake (SNI), in lower case; absent without TLS and where the client named none. */
  readonly serverName?: string;
  /** What network identity is derived from. */
  readonly network: NetworkFacts;
}

const FACTS = new WeakMap<Socket, ConnectionFacts>();
const CLIENTS = new WeakMap<Socket, Client>();

/** The facts of a request's connection. Throws for a socket that no listener of this folder accepted. */
export function connectionFacts(socket: Socket): ConnectionFacts {
  const facts = FACTS.get(socket);
  if (facts === undefined) throw new Error('this socket was not accepted by a listener of this server');
  return facts;
}

/** Whose share a request of a connection is counted to. Throws for a socket that no listener of this folder accepted. */
export function connectionClient(socket: Socket): Client {
  const client = CLIENTS.get(socket);
  if (client === undefined) throw new Error('this socket was not accepted by a listener of this server');
  return client;
}

/** Fixes the facts of a socket, and whose it is. */
export function setFacts(socket: Socket, facts: ConnectionFacts, client: Client): void {
  FACTS.set(socket, facts);
  CLIENTS.set(socket, client);
}

/** The facts of a socket without TLS; `undefined` when it has gone already, since it then has no addresses. */
export function plainFacts(socket: Socket, attachment: Attachment): ConnectionFacts | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  if (localAddress === undefined || localPort === undefined) return undefined;
  const remote = parseAddress(withoutZone(remoteAddress));
  const local = parseAddress(withoutZone(localAddress));
  return {
    remoteAddress: remote === undefined ? remoteAddress : formatAddress(remote),
    remotePort,
    localAddress: local === undefined ? localAddress : formatAddress(local),
    localPort,
    scheme: 'http',
    network: { attachment, remote, local },
  };
}

/** The kernel names the interface of a link-local address, which is no part of the address. */
function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

/** The facts of a connection whose listed proxy named its client. */
export function proxiedFacts(
  { scheme }: ConnectionFacts,
  { source, destination }: { readonly source: Endpoint; readonly destination: Endpoint },
  attachment: Attachment,
): ConnectionFacts {
  return {
    remoteAddress: formatAddress(source.address),
    remotePort: source.port,
    localAddress: formatAddress(destination.address),
    localPort: destination.port,
    scheme,
    network: { attachment, remote: source.address, local: destination.address },
  };
}

/** The facts of a connection of a listed proxy itself, which says nothing of a client. */
export function unnamedFacts(facts: ConnectionFacts): ConnectionFacts {
  return { ...facts, network: { ...facts.network, remote: undefined } };
}

/** The facts after a handshake over a socket that had `facts`. */
export function secureFacts(facts: ConnectionFacts, { servername }: TLSSocket): ConnectionFacts {
  const named = typeof servername === 'string' && servername !== '';
  return { ...facts, scheme: 'https', ...(named ? { serverName: servername.toLowerCase() } : {}) };
}
