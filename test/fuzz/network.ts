import assert from 'node:assert/strict';
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { type Address, compareAddresses, formatAddress, parseAddress } from '../../src/network/address.ts';
import { containsAddress, formatPrefix, overlaps, parsePrefix } from '../../src/network/prefix.ts';
import { mutatedText, pumped } from './mutate.ts';
import type { Target } from './target.ts';

const ADDRESSES = [
  '10.0.0.1',
  '255.255.255.255',
  '0.0.0.0',
  '010.0.0.1',
  '0x0a000001',
  '::',
  '::1',
  '2001:db8::1',
  '::ffff:10.0.0.1',
  '::ffff:a00:1',
  '::10.0.0.1',
  '64:ff9b::192.0.2.33',
  '1:2:3:4:5:6:7:8',
  'fe80::1%eth0',
  '[::1]',
];
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const good = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  word.map((one) => formatAddress({ family: 4, words: [one] })),
  word.map((one) => `::ffff:${formatAddress({ family: 4, words: [one] })}`),
);
const anyText = fc.oneof(
  good,
  mutatedText(ADDRESSES),
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  pumped(['1', ':', '.', '::', '0', 'f', '%', '1.', '0:']),
);

/** Node's own reading of an address that node takes for one. */
function nodesReading(text: string): Address | undefined {
  const family = isIPv4(text) ? 'ipv4' : 'ipv6';
  return parseAddress(new SocketAddress({ address: text, family, port: 1 }).address);
}

/** Whether a text is an address, and which, is told by node:net; zones and nothing else are refused beyond it. */
const address: Target = {
  name: 'address',
  shortRuns: 3000,
  property: fc.property(anyText, (text) => {
    const ours = parseAddress(text);
    assert.equal(ours !== undefined, isIP(text) !== 0 && !text.includes('%'));
    if (ours === undefined) return;
    assert.deepEqual(ours, nodesReading(text));
    assert.deepEqual(parseAddress(formatAddress(ours)), ours);
    assert.equal(formatAddress(ours), formatAddress(ours).toLowerCase());
    const [first, second, third] = ours.words;
    assert.ok(
      ours.family === 4 || first !== 0 || second !== 0 || third !== 0xffff,
      'a mapped address is the IPv4 address',
    );
  }),
};

const prefixText = fc.oneof(
  fc.tuple(good, fc.nat(140)).map(([at, length]) => `${at}/${length}`),
  mutatedText(['10.0.0.0/8', '10.0.0.4/32', 'fd00::/8', '::/0', '0.0.0.0/0', '::ffff:10.0.0.0/104', '10.0.0.7/24']),
  anyText,
);

/** Whether an address lies in a block is told by node's BlockList; what is read is written the same. */
const prefix: Target = {
  name: 'prefix',
  shortRuns: 3000,
  property: fc.property(prefixText, good, (text, other) => {
    const read = parsePrefix(text);
    if (read.kind === 'malformed') return;
    const block = read.kind === 'parsed' ? read.prefix : read.enclosing;
    assert.deepEqual(parsePrefix(formatPrefix(block)), { kind: 'parsed', prefix: block });
    const list = new BlockList();
    const family = (one: Address) => (one.family === 4 ? 'ipv4' : 'ipv6');
    list.addSubnet(formatAddress(block.network), block.length, family(block.network));
    for (const one of [parseAddress(other), block.network]) {
      if (one === undefined) continue;
      // BlockList takes an IPv4-mapped block for one of IPv4; ours never are of that form.
      const expected = one.family === block.network.family && list.check(formatAddress(one), family(one));
      assert.equal(containsAddress(block, one), expected, `${formatAddress(one)} in ${formatPrefix(block)}`);
      assert.equal(compareAddresses(one, one), 0);
    }
    assert.ok(overlaps(block, block));
  }),
};

/** Addresses and prefixes. */
export const NETWORK_TARGETS: readonly Target[] = [address, prefix];
