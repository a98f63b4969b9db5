import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Way, wayTo } from './upstream.ts';

const PROXY: Way = { kind: 'proxy', host: 'proxy.example', port: 3128, authorization: undefined };
const DIRECT: Way = { kind: 'direct' };
const AS_SET = 'Acquire::http::Proxy "http://proxy.example:3128";';

/** What is set, the scheme and host that are asked for, and the way. */
const ROWS: readonly (readonly [string, Parameters<typeof wayTo>, Way])[] = [
  ['nothing', ['http', 'deb.example', { apt: [], env: {} }], DIRECT],
  ["apt's proxy", ['http', 'deb.example', { apt: [AS_SET], env: {} }], PROXY],
  ["apt's proxy of http, for https", ['https', 'deb.example', { apt: [AS_SET], env: {} }], PROXY],
  [
    "apt's exception for the host",
    ['http', 'deb.example', { apt: [AS_SET, 'Acquire::http::Proxy::deb.example "DIRECT";'], env: {} }],
    DIRECT,
  ],
  [
    "apt's exception for another host",
    ['http', 'deb.example', { apt: [AS_SET, 'Acquire::http::Proxy::other.example "DIRECT";'], env: {} }],
    PROXY,
  ],
  [
    "the environment's proxy",
    ['http', 'deb.example', { apt: [], env: { http_proxy: 'http://proxy.example:3128/' } }],
    PROXY,
  ],
  [
    "the environment's exception for the domain",
    [
      'http',
      'deb.example',
      { apt: [], env: { http_proxy: 'http://proxy.example:3128', no_proxy: 'localhost,.example' } },
    ],
    DIRECT,
  ],
  [
    "the environment's exception for a domain that only ends alike",
    ['http', 'deb.example', { apt: [], env: { http_proxy: 'http://proxy.example:3128', no_proxy: 'ample' } }],
    PROXY,
  ],
  [
    'a proxy with a user',
    ['http', 'deb.example', { apt: [], env: { http_proxy: 'http://me:se%40cret@proxy.example:3128' } }],
    { ...PROXY, authorization: `Basic ${btoa('me:se@cret')}` },
  ],
  [
    'a proxy of another kind',
    ['http', 'deb.example', { apt: ['Acquire::http::Proxy "socks5h://x:1";'], env: {} }],
    DIRECT,
  ],
];

describe('the way to a host of packages', () => {
  for (const [name, asked, way] of ROWS) it(`by ${name}`, () => assert.deepEqual(wayTo(...asked), way));
});
