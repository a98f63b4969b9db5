import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ProxyPeer, attachmentFor } from '../../src/connection/proxy-peer.ts';
import { proxyV2 } from '../../src/connection/proxy-header.fixture.ts';
import { readProxyHeader } from '../../src/connection/proxy-protocol.ts';
import { parsePrefix } from '../../src/network/prefix.ts';
import { mutated } from './mutate.ts';
import type { Target } from './target.ts';

const A4 = { source: '203.0.113.9', destination: '198.18.77.2' };
const AZURE = Buffer.from([1, 0, 0, 0, 2]);
const CORPUS: readonly Uint8Array[] = [
  ...[
    'PROXY TCP4 203.0.113.9 198.18.77.2 40000 443\r\n',
    'PROXY TCP6 2001:db8::9 2001:db8::1 1 443\r\n',
    'PROXY UNKNOWN\r\n',
    'PROXY UNKNOWN ffff:f...f:ffff 65535 65535\r\n',
  ].map((line) => Buffer.from(line, 'latin1')),
  proxyV2(A4),
  proxyV2({ source: '2001:db8::9', destination: '::1' }),
  proxyV2({ ...A4, command: 0x20 }),
  proxyV2({ ...A4, tlvs: [[0xee, AZURE]] }),
  proxyV2({
    ...A4,
    tlvs: [
      [0xea, Buffer.from('\u0001vpce-1')],
      [0x30, Buffer.from('ns')],
    ],
  }),
  proxyV2({ ...A4, tlvs: [[3, Buffer.alloc(4)]] }),
];

const from = parsePrefix('127.0.0.9/32');
const PEER: ProxyPeer | undefined =
  from.kind === 'parsed'
    ? {
        from: from.prefix,
        internet: false,
        asserts: [{ tlv: 0xe1, value: 'a', attachment: { kind: 'virtual-network', network: '/a' } }],
      }
    : undefined;

/**
 * What is read of a header does not depend on how its bytes come: what a beginning was found to be, the whole is too. A
 * header without a listed field leads nowhere.
 */
const proxy: Target = {
  name: 'proxy',
  shortRuns: 1500,
  property: fc.property(mutated(CORPUS), fc.uint8Array({ maxLength: 8 }), (bytes, behind) => {
    const all = Buffer.concat([bytes, behind]);
    const whole = readProxyHeader(all);
    for (let end = 1; end <= Math.min(all.length, 300); end++) {
      const beginning = readProxyHeader(all.subarray(0, end));
      if (beginning.kind !== 'incomplete') {
        assert.equal(beginning.kind, whole.kind);
        break;
      }
    }
    if (whole.kind === 'incomplete') assert.ok(all.length < 16 + 2048, 'a header of any length is waited for');
    if (!('length' in whole)) return;
    assert.ok(whole.length <= all.length);
    assert.deepEqual(readProxyHeader(all.subarray(0, whole.length)), whole);
    if (whole.kind !== 'proxied' || PEER === undefined) return;
    assert.ok(whole.source.port <= 65_535 && whole.destination.port <= 65_535);
    const said = attachmentFor(PEER, whole.tlvs);
    const listed = whole.tlvs.filter(({ type, value }) => type === 0xe1 && value.toString('latin1') === 'a');
    assert.equal('kind' in said, listed.length === 1 && 'kind' in said);
  }),
};

/** What comes before HTTP. */
export const CONNECTION_TARGETS: readonly Target[] = [proxy];
