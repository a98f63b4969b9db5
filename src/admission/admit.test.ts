import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAddress } from '../network/address.ts';
import type { Identity } from '../network/identity.ts';
import type { ConnectionStatus } from '../network/topology.ts';
import { admit } from './admit.ts';
import { explain } from './explain.ts';
import { compilePolicy, type NetworkSettings } from './policy.ts';

const DENY: NetworkSettings = {
  registryUid: 'r1',
  publicNetworkAccess: 'Enabled',
  defaultAction: 'Deny',
  networkRuleBypassOptions: 'AzureServices',
  ipRules: [],
  subnetRules: [],
};
const RULES: NetworkSettings = {
  ...DENY,
  ipRules: ['198.18.77.0/28', '10.0.0.4'],
  subnetRules: [{ id: '/v/subnets/a', subnetUid: 'a1' }],
};

function at(text: string) {
  const address = parseAddress(text);
  assert.ok(address);
  return address;
}
const client = (text: string): Identity => ({ kind: 'public', address: at(text), by: 'packet', seen: at(text) });
const subnet = (uid: string, id = '/v/subnets/a'): Identity => ({
  kind: 'subnet',
  address: at('10.0.0.4'),
  subnet: { uid, id, network: '/v', prefixes: [], endpoint: true },
});
const endpoint = (registryUid: string, status: ConnectionStatus): Identity => ({
  kind: 'private-endpoint',
  address: at('10.0.0.4'),
  endpoint: { uid: 'pe', id: '/pe', network: '/v', addresses: [], registryUid, status },
});
const service: Identity = { kind: 'trusted-service', address: at('10.0.0.4'), service: 's' };
const nobody: Identity = { kind: 'unattributed', why: 'outside-subnets', seen: at('10.0.9.4') };

describe('admission', () => {
  const open = { ...DENY, defaultAction: 'Allow' } as const;
  const rows: readonly (readonly [string, NetworkSettings, Identity, string])[] = [
    ['anybody, by default Allow', open, client('203.0.113.9'), 'allowed default-allow'],
    ['anybody, by default Deny', DENY, client('203.0.113.9'), 'refused default-deny'],
    ['nobody in particular, even by default Allow', open, nobody, 'refused unattributed'],
    ['an address in a rule', RULES, client('198.18.77.15'), 'allowed ip-rule'],
    ['the address after it', RULES, client('198.18.77.16'), 'refused default-deny'],
    ['a subnet with a rule', RULES, subnet('a1'), 'allowed subnet-rule'],
    ['its neighbour', RULES, subnet('a2', '/v/subnets/b'), 'refused default-deny'],
    ['a subnet made again under its name', RULES, subnet('a9'), 'refused default-deny'],
    ['a subnet whose address an IP rule names', { ...RULES, subnetRules: [] }, subnet('a1'), 'refused default-deny'],
    [
      'an address with public access off',
      { ...RULES, publicNetworkAccess: 'Disabled' },
      client('198.18.77.1'),
      'refused public-access-disabled',
    ],
    [
      'a subnet with public access off',
      { ...RULES, publicNetworkAccess: 'Disabled' },
      subnet('a1'),
      'refused public-access-disabled',
    ],
    [
      'anybody with public access off, by default Allow',
      { ...open, publicNetworkAccess: 'Disabled' },
      client('203.0.113.9'),
      'refused public-access-disabled',
    ],
    [
      'an endpoint with public access off',
      { ...DENY, publicNetworkAccess: 'Disabled' },
      endpoint('r1', 'Approved'),
      'allowed private-endpoint',
    ],
    ['an endpoint of another registry', open, endpoint('r2', 'Approved'), 'refused endpoint-of-another-registry'],
    ['an endpoint that waits', open, endpoint('r1', 'Pending'), 'refused endpoint-not-approved'],
    ['an endpoint that was rejected', open, endpoint('r1', 'Rejected'), 'refused endpoint-not-approved'],
    ['an endpoint whose connection is gone', open, endpoint('r1', 'Disconnected'), 'refused endpoint-not-approved'],
    ['a trusted service', DENY, service, 'allowed trusted-service'],
    [
      'a trusted service with public access off',
      { ...DENY, publicNetworkAccess: 'Disabled' },
      service,
      'allowed trusted-service',
    ],
    ['a trusted service where subnets are named', RULES, service, 'refused bypass-void'],
    ['a trusted service without bypass', { ...DENY, networkRuleBypassOptions: 'None' }, service, 'refused bypass-off'],
    [
      'a trusted service without bypass, by default Allow',
      { ...open, networkRuleBypassOptions: 'None' },
      service,
      'allowed default-allow',
    ],
  ];
  for (const [name, settings, identity, expected] of rows)
    it(`${name}: ${expected}`, () => {
      const verdict = admit(compilePolicy(settings), identity);
      assert.equal(`${verdict.kind} ${verdict.reason}`, expected);
    });

  it('names the rule that decided, and makes no new object for it', () => {
    const policy = compilePolicy(RULES);
    assert.deepEqual(admit(policy, client('198.18.77.3')), {
      kind: 'allowed',
      reason: 'ip-rule',
      rule: '198.18.77.0/28',
    });
    assert.equal(admit(policy, client('198.18.77.3')), admit(policy, client('198.18.77.4')));
  });
});

describe('explaining', () => {
  it('names the nearest miss and the command that lets the caller in', () => {
    const { nearestMiss, mend, verdict } = explain(compilePolicy(RULES), client('198.18.77.16'), 'myregistry');
    assert.equal(verdict.kind, 'refused');
    assert.equal(nearestMiss, '198.18.77.0/28');
    assert.deepEqual(mend, ['az acr network-rule add --name myregistry --ip-address 198.18.77.16']);
  });

  it('says of a subnet made again that the rule is of the one before', () => {
    const { nearestMiss } = explain(compilePolicy(RULES), subnet('a9'), 'myregistry');
    assert.match(nearestMiss ?? '', /subnet that is gone/);
  });

  it('has nothing to mend for who is let in', () => {
    const { mend, steps } = explain(compilePolicy(RULES), subnet('a1'), 'myregistry');
    assert.deepEqual(mend, []);
    assert.match(steps.at(-1)?.answer ?? '', /allowed \(subnet-rule: \/v\/subnets\/a\)/);
  });
});
