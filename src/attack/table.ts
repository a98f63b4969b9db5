/**
 * Attacks on network rules, each beside its nearest twin that is let in: what a client that no rule names may try to be answered
 * as one that a rule names. Data alone; `test/perimeter/attack.test.ts` runs it on a server of its own, `seawall attack` on yours.
 *
 * In a text, HOST stands for the login server with its port, NAME for it without, NAME_UPPER for that in capitals, and ADMIN for
 * the value of an authorization header that signs in.
 */
import { PROXY_HEADERS } from './proxy-header-attack.ts';

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

const PATHS = [
  '/v2',
  '/v2/',
  '/v2//',
  '//v2/',
  '/./v2/',
  '/x/../v2/',
  '/v2/./_catalog',
  '/v2/../v2/',
  '/V2/',
  '/v2/%2e%2e/v2/',
  '/%76%32/',
  '/v2/hello-world/tags/list',
  '/v2/hello-world/manifests/v1',
  '/v2/hello-world/manifests/../../_catalog',
  '/v2/hello%2fworld/tags/list',
  '/v2/hello-world/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000',
  '/v2/hello-world/blobs/uploads/00000000-0000-0000-0000-000000000000',
  '/v2/hello-world/referrers/sha256:0000000000000000000000000000000000000000000000000000000000000000',
  '/v2/_catalog?n=1',
  '/v2/?x=/oauth2/token',
  '/v2/;x=1/',
  '/v2/\\..\\',
  '/v1/_ping',
  '/v1/',
  '/oauth2/token',
  '/oauth2/exchange',
  '/oauth2/%74oken',
  '/oauth2/token/../exchange',
  '/acr/v1/_catalog',
  '/acr/v1/hello-world',
  '/acr/v1/hello-world/_tags',
  '/livez',
  '/metrics',
  '/seawall/denials',
  '/subscriptions',
  '/favicon.ico',
  '/',
  '/v2/#',
];

const METHODS = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'get'];

/** Headers by which others say who a client is. */
const HEADERS = [
  'x-forwarded-for: 10.0.0.4',
  'x-forwarded-for: 10.0.0.4, 203.0.113.9',
  'X-Forwarded-For: 127.0.0.1',
  'x-forwarded-host: localhost',
  'x-forwarded-proto: https',
  'x-real-ip: 10.0.0.4',
  'forwarded: for=10.0.0.4;by=127.0.0.9',
  'forwarded: for="[::ffff:10.0.0.4]"',
  'x-client-ip: 10.0.0.4',
  'client-ip: 10.0.0.4',
  'x-original-forwarded-for: 10.0.0.4',
  'forwarded: for=10.0.0.4',
  'via: 10.0.0.4',
  'x-cluster-client-ip: 10.0.0.4',
  'true-client-ip: 10.0.0.4',
  'cf-connecting-ip: 10.0.0.4',
  'fastly-client-ip: 10.0.0.4',
  'x-azure-socketip: 10.0.0.4',
  'x-azure-clientip: 10.0.0.4',
  'x-ms-private-link-id: a',
  'x-original-url: /livez',
  'x-rewrite-url: /livez',
  'x-http-method-override: GET',
  'x-originating-ip: 127.0.0.1',
  'x-remote-addr: 127.0.0.1',
  'x-seawall-explain: allow',
  'x-seawall-reason: subnet-rule',
  'via: 1.1 127.0.0.9',
  'referer: https://portal.azure.com/',
  'user-agent: AzureServices',
  'x-ms-client-request-id: 10.0.0.4',
];

/** Spellings of one host. */
const SAME_HOST = ['host: NAME_UPPER', 'host: NAME.', 'host: NAME:1', 'Host: NAME:65535'];

/** Host lines that name no registry. */
const NO_HOST = [
  [],
  ['host: HOST', 'host: HOST'],
  ['host: another.azurecr.localhost', 'host: HOST'],
  ['host: HOST, another.azurecr.localhost'],
  ['host: NAME@another'],
  ['host: NAME:443:443'],
  ['host: NAME/'],
  ['host: localhost'],
  ['host: 127.0.0.1'],
  ['host: [::1]'],
  ['host: *.azurecr.localhost'],
  ['host: '],
  ['host: NAME%00'],
  ['host: xn--NAME'],
];

/** Request lines with a whole target, and what they are answered within. */
const TARGETS = [
  ['GET https://NAME/v2/ HTTP/1.1', '200'],
  ['GET http://NAME_UPPER/v2/ HTTP/1.1', '200'],
  ['GET https://another.azurecr.localhost/v2/ HTTP/1.1', '421'],
  ['GET https://localhost/v2/ HTTP/1.1', '421'],
  ['GET https://user@NAME/v2/ HTTP/1.1', '421'],
  ['GET ftp://x/v2/ HTTP/1.1', '400'],
  ['GET v2/ HTTP/1.1', '400'],
] as const;

/** What a request within a request is after. */
const INNER = 'GET /v2/_catalog HTTP/1.1\r\nhost: HOST\r\nauthorization: ADMIN\r\n\r\n';
/** Requests within requests. */
const SHAPES: readonly (readonly [string, string])[] = [
  [
    'two lengths',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: 4\r\ncontent-length: 40\r\n\r\n${INNER}`,
  ],
  [
    'a length and chunks',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'chunks twice',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'another encoding',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'a space before the colon',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'a folded header',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  ['a bare line feed', `POST /oauth2/token HTTP/1.1\nhost: HOST\ncontent-length: 0\n\n${INNER}`],
  ['a body of GET', `GET /v2/ HTTP/1.1\r\nhost: HOST\r\ncontent-length: 0\r\n\r\n${INNER}`],
  ['a pipeline', `GET /v2/ HTTP/1.1\r\nhost: HOST\r\n\r\n${INNER}${INNER}`],
  ['a pipeline of other registries', `GET /v2/ HTTP/1.1\r\nhost: another.azurecr.localhost\r\n\r\n${INNER}`],
  ['a negative length', `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: -1\r\n\r\n${INNER}`],
  ['a length with a sign', `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: +0\r\n\r\n${INNER}`],
  [
    'a chunk size beyond numbers',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n${INNER}`,
  ],
  ['an upgrade', `GET /v2/ HTTP/1.1\r\nhost: HOST\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n${INNER}`],
  ['a tunnel', `CONNECT HOST HTTP/1.1\r\nhost: HOST\r\n\r\n${INNER}`],
  ['HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${INNER}`],
  ['HTTP/0.9', 'GET /v2/\r\n'],
  ['a nul in the path', `GET /v2/\0 HTTP/1.1\r\nhost: HOST\r\n\r\n${INNER}`],
];

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
  ...HEADERS.map((header) =>
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
