import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { normaliseAddress } from './loopback.ts';

/**
 * What a connection proves about itself, fixed when it is accepted. Nothing a client writes is among it but the server
 * name, which a certificate then answers for. Addresses are normalised (loopback.ts).
 */
export interface ConnectionFacts {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly scheme: 'https' | 'http';
  /** The name asked for in the handshake (SNI), in lower case; absent without TLS and where the client named none. */
  readonly serverName?: string;
}

const FACTS = new WeakMap<Socket, ConnectionFacts>();

/** The facts of a request's connection. Throws for a socket that no listener of this folder accepted. */
export function connectionFacts(socket: Socket): ConnectionFacts {
  const facts = FACTS.get(socket);
  if (facts === undefined) throw new Error('this socket was not accepted by a listener of this server');
  return facts;
}

/** Fixes the facts of a socket. */
export function setFacts(socket: Socket, facts: ConnectionFacts): void {
  FACTS.set(socket, facts);
}

/** The facts of a socket without TLS; `undefined` when it has gone already, since it then has no addresses. */
export function plainFacts(socket: Socket): ConnectionFacts | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  if (localAddress === undefined || localPort === undefined) return undefined;
  return {
    remoteAddress: normaliseAddress(remoteAddress),
    remotePort,
    localAddress: normaliseAddress(localAddress),
    localPort,
    scheme: 'http',
  };
}

/** The facts after a handshake over a socket that had `facts`. */
export function secureFacts(facts: ConnectionFacts, { servername }: TLSSocket): ConnectionFacts {
  const named = typeof servername === 'string' && servername !== '';
  return { ...facts, scheme: 'https', ...(named ? { serverName: servername.toLowerCase() } : {}) };
}
