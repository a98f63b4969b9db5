import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAddress } from '../network/address.ts';
import { parsePrefix, type Prefix } from '../network/prefix.ts';
import { judge, type OutboundPolicy, readAddresses } from './policy.ts';

function prefixes(...texts: readonly string[]): readonly Prefix[] {
  return texts.flatMap((text) => {
    const parsed = parsePrefix(text);
    return parsed.kind === 'parsed' ? [parsed.prefix] : [];
  });
}

const POLICY: OutboundPolicy = {
  allowed: prefixes('10.1.0.0/16', '127.0.0.1/32'),
  allowedHosts: ['inside.example.com'],
  lab: prefixes('198.18.77.0/24'),
  own: readAddresses(['203.0.113.9', 'fe80::1%eth0']),
};

const ADDRESSES: readonly (readonly [string, boolean])[] = [
  ['93.184.216.34', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', true],
  ['127.0.0.2', false],
  ['::1', false],
  ['0.0.0.0', false],
  ['10.1.2.3', true],
  ['10.2.2.3', false],
  ['172.16.0.1', false],
  ['172.32.0.1', true],
  ['192.168.1.1', false],
  ['100.64.0.1', false],
  ['169.254.169.254', false],
  ['168.63.129.16', false],
  ['198.18.77.4', false],
  ['198.18.78.4', true],
  ['203.0.113.9', false],
  ['203.0.113.10', true],
  ['fd00::1', false],
  ['fe80::1', false],
  ['::ffff:10.2.0.1', false],
  ['64:ff9b::a9fe:a9fe', false],
  ['64:ff9b::5db8:d822', true],
  ['2002:c0a8:101::1', false],
];

describe('the way out', () => {
  for (const [text, isAllowed] of ADDRESSES)
    it(`${isAllowed ? 'goes' : 'does not go'} to ${text}`, () => {
      const address = parseAddress(text);
      assert.ok(address !== undefined);
      assert.equal(judge(POLICY, 'example.com', address).kind, isAllowed ? 'allowed' : 'refused');
    });

  it('goes to a host that is listed, wherever it is, and not to its neighbour', () => {
    const [address] = readAddresses(['192.168.1.1']);
    assert.ok(address !== undefined);
    assert.equal(judge(POLICY, 'INSIDE.example.com', address).kind, 'allowed');
    assert.equal(judge(POLICY, 'inside.example.com.evil.test', address).kind, 'refused');
  });
});
