import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAddress } from './address.ts';
import type { Attachment } from './facts.ts';
import { addressOf, type Identity, identify } from './identity.ts';
import { parsePrefix } from './prefix.ts';
import { compileTopology, type VirtualNetwork } from './topology.ts';

function prefix(text: string) {
  const parsed = parsePrefix(text);
  assert.equal(parsed.kind, 'parsed');
  return parsed.kind === 'parsed' ? [parsed.prefix] : [];
}

/** Two networks with the same address space, of which the first has its endpoint on; the third is peered with the first. */
function network(name: string, space: string, rest: Partial<VirtualNetwork> = {}): VirtualNetwork {
  const subnet = {
    uid: `${name}-on`,
    id: `/${name}/on`,
    network: `/${name}`,
    prefixes: prefix(`${space}.0.0/24`),
    endpoint: true,
  };
  const off = {
    uid: `${name}-off`,
    id: `/${name}/off`,
    network: `/${name}`,
    prefixes: prefix(`${space}.1.0/24`),
    endpoint: false,
  };
  const egress = parseAddress('198.18.77.21');
  return { uid: name, id: `/${name}`, subnets: [subnet, off], peers: [], egress, publicAddresses: new Map(), ...rest };
}

const TOPOLOGY = compileTopology(
  [
    network('a', '10.0', { peers: ['/c'] }),
    network('b', '10.0', { egress: undefined }),
    network('c', '10.3', { peers: ['/a'] }),
  ],
  [
    {
      uid: 'pe',
      id: '/pe',
      network: '/a',
      addresses: ['10.0.0.5'],
      registryUid: 'r',
      status: 'Approved',
    },
  ],
);

function who(attachment: Attachment, remote: string, local = '169.254.100.1'): Identity {
  return identify({ attachment, remote: parseAddress(remote), local: parseAddress(local) }, TOPOLOGY);
}

const inside = (id: string): Attachment => ({ kind: 'virtual-network', network: id });

describe('who calls', () => {
  const rows: readonly (readonly [string, Attachment, string, string, string])[] = [
    ['a client of the internet', { kind: 'internet', by: 'packet' }, '203.0.113.9', '', 'public 203.0.113.9'],
    [
      'a private address that comes by the internet',
      { kind: 'internet', by: 'packet' },
      '10.0.0.4',
      '',
      'public 10.0.0.4',
    ],
    ['a subnet with the endpoint', inside('/a'), '10.0.0.4', '', 'subnet a-on'],
    ['the same address in another network', inside('/b'), '10.0.0.4', '', 'subnet b-on'],
    ['a subnet without it is its network on the internet', inside('/a'), '10.0.1.4', '', 'public 198.18.77.21'],
    [
      'a subnet without it, of a network that has no way out',
      inside('/b'),
      '10.0.1.4',
      '',
      'unattributed no-egress-address',
    ],
    ['an address outside the subnets', inside('/a'), '10.0.9.4', '', 'unattributed outside-subnets'],
    ['a network that is gone', inside('/gone'), '10.0.0.4', '', 'unattributed unknown-network'],
    ['a private endpoint, from its network', inside('/a'), '10.0.1.4', '10.0.0.5', 'private-endpoint pe'],
    ['a private endpoint, from a peered network', inside('/a'), '10.3.0.4', '10.0.0.5', 'private-endpoint pe'],
    ['a peered network that does not go to the endpoint', inside('/a'), '10.3.0.4', '', 'unattributed outside-subnets'],
    ['a private endpoint, from nowhere', inside('/a'), '10.9.0.4', '10.0.0.5', 'unattributed outside-subnets'],
    ['the address of the endpoint in the other network', inside('/b'), '10.0.0.4', '10.0.0.5', 'subnet b-on'],
    ['a listed subnet', { kind: 'subnet', subnet: '/a/on' }, '10.0.0.4', '', 'subnet a-on'],
    [
      'a listed subnet, with an address of its neighbour',
      { kind: 'subnet', subnet: '/a/on' },
      '10.0.1.4',
      '',
      'unattributed outside-subnets',
    ],
    [
      'a listed subnet that is gone',
      { kind: 'subnet', subnet: '/gone' },
      '10.0.0.4',
      '',
      'unattributed unknown-subnet',
    ],
    ['a listed endpoint', { kind: 'private-endpoint', endpoint: '/pe' }, '10.0.0.4', '', 'private-endpoint pe'],
    [
      'a listed endpoint that is gone',
      { kind: 'private-endpoint', endpoint: '/gone' },
      '10.0.0.4',
      '',
      'unattributed unknown-endpoint',
    ],
    ['a trusted service', { kind: 'trusted-service', service: 's' }, '10.0.0.4', '', 'trusted-service s'],
    ['nobody', inside('/a'), 'no address', '', 'unattributed no-address'],
  ];
  for (const [name, attachment, remote, local, expected] of rows)
    it(`${name}: ${expected}`, () => assert.equal(shown(who(attachment, remote, local)), expected));

  it('a container group is carried by no endpoint; with an identity it is a trusted service, in its own network alone', () => {
    const platform = new Map([
      ['10.0.0.6', { service: 'Microsoft.ContainerInstance', trusted: false }],
      ['10.0.0.7', { service: 'Microsoft.ContainerInstance', trusted: true }],
    ]);
    const topology = compileTopology([network('a', '10.0', { platform }), network('b', '10.0')], []);
    const at = (of: string, text: string): string =>
      shown(identify({ attachment: inside(of), remote: parseAddress(text), local: undefined }, topology));
    assert.equal(at('/a', '10.0.0.5'), 'subnet a-on');
    assert.equal(at('/a', '10.0.0.6'), 'public 198.18.77.21');
    assert.equal(at('/a', '10.0.0.7'), 'trusted-service Microsoft.ContainerInstance');
    assert.equal(at('/b', '10.0.0.7'), 'subnet b-on');
  });

  it('a host with a public address goes out by that one, and its neighbour by that of the network', () => {
    const own = parseAddress('198.18.77.101');
    assert.ok(own);
    const topology = compileTopology([network('a', '10.0', { publicAddresses: new Map([['10.0.1.4', own]]) })], []);
    const at = (text: string): string =>
      addressOf(identify({ attachment: inside('/a'), remote: parseAddress(text), local: undefined }, topology));
    assert.deepEqual([at('10.0.1.4'), at('10.0.1.5')], ['198.18.77.101', '198.18.77.21']);
  });
});

function shown(identity: Identity): string {
  switch (identity.kind) {
    case 'public':
      return `public ${addressOf(identity)}`;
    case 'subnet':
      return `subnet ${identity.subnet.uid}`;
    case 'private-endpoint':
      return `private-endpoint ${identity.endpoint.uid}`;
    case 'trusted-service':
      return `trusted-service ${identity.service}`;
    case 'unattributed':
      return `unattributed ${identity.why}`;
  }
}
