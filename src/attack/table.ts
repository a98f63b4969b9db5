/**
 * Attacks on network rules, each beside its nearest twin that is let in: what a client that no rule names may try to be answered
 * as one that a rule names. Data alone; `test/perimeter/attack.test.ts` runs it on a server of its own, `seawall attack` on yours.
 *
 * In a text, HOST stands for the login server with its port, NAME for it without, NAME_UPPER for that in capitals, and ADMIN for
 * the value of an authorization header that signs in.
 */
import { CLAIMING_HEADERS } from './claiming-header.ts';
import { NO_HOST, SAME_HOST, TARGETS } from './host-attack.ts';
import { METHODS, PATHS } from './path-attack.ts';
import { PROXY_HEADERS } from './proxy-header-attack.ts';
import { INNER, SHAPES } from './request-within.ts';

/** What an answer must be. A connection that is ended without one has the status `cut`. */
export interface Expected {
  /** One of these. */
  readonly is?: readonly string[];
  /** Not this. */
  readonly isNot?: string;
  /** A part of the body that must not be there, or must. */
  readonly lacks?: string;
  readonly has?: string;
}

/** One thing to send, and what must come back. */
export interface Attempt {
  /** Bytes before TLS and before the request. */
  readonly before?: Uint8Array;
  /** The request, or several, byte for byte as latin1. */
  readonly text: string;
  readonly expect: Expected;
}

/** An attack with its twin, which the same request is unless it is given. */
export interface Attack {
  readonly group: string;
  readonly name: string;
  /** From where no rule lets in. */
  readonly outside: Attempt;
  /** From where a rule lets in. */
  readonly inside: Attempt;
}

/** What lets nobody in: refused by network, by form, by host; or no answer at all. */
export const REFUSED: readonly string[] = ['400', '403', '405', '417', '421', '431', 'cut'];

/** A request of these header lines that ends its connection. */
export function request(line: string, ...headers: readonly string[]): string {
  return [line, ...headers, 'connection: close', '', ''].join('\r\n');
}

/** One request, tried from both sides. */
function both(group: string, name: string, text: string, [outside, inside]: readonly [Expected, Expected]): Attack {
  return { group, name, outside: { text, expect: outside }, inside: { text, expect: inside } };
}

const refused: Expected = { is: REFUSED };
const answered: Expected = { isNot: '403' };
const denied: Expected = { is: ['403'] };
const served: Expected = { is: ['200'] };
/** Of a host that is none: nobody. */
const NOBODY: Expected = { is: ['400', '421', 'cut'] };
const SIGNED = ['host: HOST', 'authorization: ADMIN'];

/** The whole table. */
export const ATTACKS: readonly Attack[] = [
  ...PATHS.map((path) =>
    both('a path of another spelling', path, request(`GET ${path} HTTP/1.1`, ...SIGNED), [refused, answered]),
  ),
  ...METHODS.map((method) =>
    both('a method of another kind', method, request(`${method} /v2/ HTTP/1.1`, ...SIGNED, 'content-length: 0'), [
      refused,
      answered,
    ]),
  ),
  ...CLAIMING_HEADERS.map((header) =>
    both('a header that says who the client is', header, request('GET /v2/ HTTP/1.1', ...SIGNED, header), [
      denied,
      served,
    ]),
  ),
  ...SAME_HOST.map((header) =>
    both('a host of another spelling', header, request('GET /v2/ HTTP/1.1', header, 'authorization: ADMIN'), [
      denied,
      served,
    ]),
  ),
  ...NO_HOST.map((headers) =>
    both(
      'a host that is no registry',
      JSON.stringify(headers),
      request('GET /v2/ HTTP/1.1', ...headers, 'authorization: ADMIN'),
      [NOBODY, NOBODY],
    ),
  ),
  ...TARGETS.map(([line, within]) =>
    both('a target with a host', line, request(line, ...SIGNED), [refused, { is: [within] }]),
  ),
  ...SHAPES.map(
    ([name, text]): Attack => ({
      group: 'a request within a request',
      name,
      outside: { text, expect: { lacks: '"repositories"' } },
      inside: {
        text: INNER.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'),
        expect: { has: '"repositories"' },
      },
    }),
  ),
  ...PROXY_HEADERS.map(([name, before]): Attack => {
    const text = request('GET /v2/ HTTP/1.1', ...SIGNED);
    const group = 'a PROXY header of a peer that is not listed';
    return { group, name, outside: { before, text, expect: refused }, inside: { text, expect: served } };
  }),
];
