import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SecurityRule } from './plan.ts';
import { chainOf } from './security-rules.ts';

const TAGS = { space: ['10.0.0.0/24', '10.8.0.0/24'], registry: '198.18.77.2' };
const RULE: SecurityRule = {
  direction: 'Outbound',
  priority: 100,
  access: 'Deny',
  protocol: '*',
  sources: ['*'],
  sourcePorts: ['*'],
  destinations: ['*'],
  destinationPorts: ['*'],
};

describe('a security rule', () => {
  const rows: readonly (readonly [string, Partial<SecurityRule>, readonly string[]])[] = [
    ['of everything', {}, ['counter drop']],
    ['that allows', { access: 'Allow' }, ['return']],
    ['of a port', { protocol: 'tcp', destinationPorts: ['443'] }, ['meta l4proto tcp th dport { 443 } counter drop']],
    [
      'of ports of any protocol',
      { destinationPorts: ['80', '8000-8080'] },
      ['meta l4proto { tcp, udp } th dport { 80, 8000-8080 } counter drop'],
    ],
    ['of a prefix', { sources: ['10.0.0.0/25'] }, ['ip saddr { 10.0.0.0/25 } counter drop']],
    [
      'of the virtual network',
      { destinations: ['VirtualNetwork'] },
      ['ip daddr { 10.0.0.0/24, 10.8.0.0/24 } counter drop'],
    ],
    ['of the internet', { destinations: ['Internet'] }, ['ip daddr != { 10.0.0.0/24, 10.8.0.0/24 } counter drop']],
    [
      'of the registries',
      { destinations: ['AzureContainerRegistry.WestEurope'] },
      ['ip daddr { 198.18.77.2 } counter drop'],
    ],
    ['of a tag that is nothing here', { destinations: ['Storage'] }, []],
    ['of the other direction', { direction: 'Inbound' }, []],
  ];
  for (const [name, given, lines] of rows)
    it(`${name} is ${JSON.stringify(lines)}`, () =>
      assert.deepEqual(chainOf([{ ...RULE, ...given }], 'Outbound', TAGS), lines));

  it('comes in the order of priorities', () => {
    const rules: readonly SecurityRule[] = [RULE, { ...RULE, access: 'Allow', priority: 50 }];
    assert.deepEqual(chainOf(rules, 'Outbound', TAGS), ['return', 'counter drop']);
  });
});
