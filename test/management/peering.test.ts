import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, codeOf } from './arm.ts';
import { startWithGroup } from './group.ts';

describe('a peering', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let group: string;
  before(async () => {
    ({ seawall, arm, group } = await startWithGroup('peered'));
    for (const [name, prefix] of [
      ['a', '10.1.0.0/16'],
      ['b', '10.2.0.0/16'],
      ['c', '10.1.5.0/24'],
    ])
      await arm.must('PUT', networkOf(name), {
        location: 'westeurope',
        properties: { addressSpace: { addressPrefixes: [prefix] } },
      });
  });
  after(() => seawall.close());

  const networkOf = (name = ''): string => `${group}/providers/Microsoft.Network/virtualNetworks/${name}`;
  const ask = (name: string, addressPrefixes: readonly unknown[]): ReturnType<Arm['ask']> =>
    arm.ask('PUT', networkOf(name), { location: 'westeurope', properties: { addressSpace: { addressPrefixes } } });
  const widen = async (name = '', prefixes: readonly unknown[] = []): Promise<void> => {
    const { status, text } = await ask(name, prefixes);
    assert.ok(status < 300, text);
  };
  const peer = (from: string, to: string, more: object = {}): ReturnType<Arm['ask']> =>
    arm.ask('PUT', `${networkOf(from)}/virtualNetworkPeerings/to-${to}`, {
      properties: { remoteVirtualNetwork: { id: networkOf(to) }, ...more },
    });
  const stateOf = async (from: string, to: string): Promise<unknown> => {
    const { properties } = await arm.must('GET', `${networkOf(from)}/virtualNetworkPeerings/to-${to}`);
    return (properties as { readonly peeringState: unknown }).peeringState;
  };

  it('is Initiated by one half, Connected by both, and Initiated again when one half goes', async () => {
    assert.equal((await peer('a', 'b')).status, 201);
    assert.equal(await stateOf('a', 'b'), 'Initiated');
    assert.equal((await peer('b', 'a')).status, 201);
    assert.equal(await stateOf('a', 'b'), 'Connected');
    assert.equal((await arm.ask('DELETE', `${networkOf('b')}/virtualNetworkPeerings/to-a`)).status, 200);
    assert.equal(await stateOf('a', 'b'), 'Initiated');
  });

  it('is not made between networks whose addresses overlap, nor to itself, nor to what is not there', async () => {
    assert.equal(codeOf(await peer('a', 'c')), 'VnetAddressSpacesOverlap');
    assert.equal(codeOf(await peer('a', 'a')), 'VnetCannotBePeeredWithItself');
    assert.equal(codeOf(await peer('a', 'nowhere')), 'InvalidResourceReference');
  });

  it('keeps either network from an address space that the other has', async () => {
    for (const [name, prefix] of [
      ['e', '10.5.0.0/16'],
      ['f', '10.6.0.0/16'],
    ])
      await widen(name, [prefix]);
    assert.equal((await peer('e', 'f')).status, 201);
    const [own, remote] = [
      await ask('e', ['10.5.0.0/16', '10.6.7.0/24']),
      await ask('f', ['10.6.0.0/16', '10.5.7.0/24']),
    ];
    for (const refused of [own, remote])
      assert.deepEqual([refused.status, codeOf(refused)], [400, 'VnetAddressSpacesOverlap'], refused.text);
    assert.equal((await ask('e', ['10.5.0.0/16', '10.7.0.0/16'])).status, 200);
  });

  it('is of whole networks, as the newest az says, and of nothing less', async () => {
    assert.equal((await peer('b', 'c', { peerCompleteVnets: true })).status, 201);
    const part = await peer('b', 'c', { peerCompleteVnets: false });
    assert.deepEqual([part.status, codeOf(part)], [400, 'InvalidRequestContent']);
    assert.match(part.text, /properties\.peerCompleteVnets/);
  });
});
