import type { Socket } from 'node:net';
import type { Authorization } from '../auth/authorization-header.ts';
import { type ConnectionFacts, connectionClient, connectionFacts } from '../connection/facts.ts';
import type { NodeIncoming } from '../http/node-incoming.ts';
import type { Reply } from '../http/reply.ts';
import { type RequestHead, type Target, parseTarget } from '../http/target.ts';
import type { Client } from '../limit/client.ts';
import type { BoundRoute } from '../registry/route.ts';
import { type ListenerName, type Refused, earlyRefusal } from './early-refusal.ts';

/** What the head of a request says on its connection, however often it is sent. */
export interface Arrival {
  readonly facts: ConnectionFacts;
  /** Whose connection it came by. */
  readonly client: Client;
  readonly target: Target;
  readonly incoming: NodeIncoming;
  readonly found: Found;
}

/** What is found in a head alone, whoever asks and whatever is so at the moment: looked for once. */
interface Found {
  bound?: BoundRoute | Reply;
  authorization?: Authorization;
}

/** One request on its way through a listener's plane. The plane fills in `route` and `principal` as it learns them. */
export interface Exchange extends Arrival, Begun {
  route: string;
  principal: string | undefined;
  /** Whether it is counted to its client's share. */
  entered: boolean;
  /** Who signed in, where it is counted to that share too. */
  identity: Client | undefined;
  /** What the network identity was judged, on the data plane. */
  admission: { readonly reason: string; readonly generation: string } | undefined;
}

/** What one request has that the next of the same head has not. */
interface Begun {
  readonly correlationId: string;
  /** When its head was read, in ms of a clock that never goes back. */
  readonly startedMs: number;
  /** Ends the connection at once, whatever is under way on it. */
  readonly cut: () => void;
  /** Calls `then` when the answer is complete or cut. */
  readonly ended: (then: () => void) => void;
}

/** Reads a head: where it goes, and by which connection it came. */
export function arrive(
  head: RequestHead,
  socket: Socket,
  listener: ListenerName,
  incoming: (target: Target, client: Client) => NodeIncoming,
): Arrival | Refused {
  const facts = connectionFacts(socket);
  const target = parseTarget(head, facts.serverName);
  if ('code' in target) return earlyRefusal(listener, target);
  const client = connectionClient(socket);
  return { facts, client, target, incoming: incoming(target, client), found: {} };
}

/** Begins to answer what arrived. */
export function begin(arrival: Arrival, begun: Begun): Exchange {
  const { facts, client, target, incoming, found } = arrival;
  const { correlationId, startedMs, cut, ended } = begun;
  return {
    correlationId,
    startedMs,
    cut,
    ended,
    facts,
    client,
    target,
    incoming,
    found,
    route: 'none',
    principal: undefined,
    entered: false,
    identity: undefined,
    admission: undefined,
  };
}
