import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf, codeOf } from './arm.ts';

interface Group {
  readonly properties: { readonly securityRules: readonly { readonly name: string }[] };
}

const RULE = {
  protocol: 'Tcp',
  sourcePortRange: '*',
  destinationPortRange: '22',
  sourceAddressPrefix: '*',
  destinationAddressPrefix: '*',
  access: 'Allow',
  priority: 1000,
  direction: 'Inbound',
};

describe('a rule of a network security group', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let group: string;
  before(async () => {
    seawall = await startSeawall();
    arm = await armOf(seawall);
    await arm.must('PUT', `${arm.subscription}/resourceGroups/guarded`, { location: 'westeurope' });
    group = `${arm.subscription}/resourceGroups/guarded/providers/Microsoft.Network/networkSecurityGroups/nsg`;
    const securityRules = [{ name: 'ssh', properties: RULE }];
    await arm.must('PUT', group, { location: 'westeurope', properties: { securityRules } });
  });
  after(() => seawall.close());

  const put = (name: string, more: object): ReturnType<Arm['ask']> =>
    arm.ask('PUT', `${group}/securityRules/${name}`, { properties: { ...RULE, ...more } });
  const names = async (): Promise<readonly string[]> => {
    const { properties } = (await arm.must('GET', group)) as unknown as Group;
    return properties.securityRules.map(({ name }) => name);
  };

  it('is one resource, whether it was written by itself or with its group', async () => {
    assert.equal(
      (await put('registry', { priority: 200, destinationAddressPrefix: 'AzureContainerRegistry' })).status,
      201,
    );
    assert.deepEqual(await names(), ['registry', 'ssh']);
    const { value } = await arm.must('GET', `${group}/securityRules`);
    assert.equal((value as readonly unknown[]).length, 2);
    assert.equal((await arm.ask('DELETE', `${group}/securityRules/registry`)).status, 200);
    assert.deepEqual(await names(), ['ssh']);
  });

  it('goes when its group is written without it, and stays when its group is only tagged', async () => {
    await put('later', { priority: 300 });
    await arm.must('PATCH', group, { tags: { a: 'b' } });
    assert.deepEqual(await names(), ['later', 'ssh']);
    await arm.must('PUT', group, {
      location: 'westeurope',
      properties: { securityRules: [{ name: 'ssh', properties: RULE }] },
    });
    assert.deepEqual(await names(), ['ssh']);
  });

  it('may have the priority of a rule in the other direction, and not of one in its own', async () => {
    assert.equal((await put('out', { direction: 'Outbound' })).status, 201);
    const twin = await put('twin', {});
    assert.deepEqual([twin.status, codeOf(twin)], [400, 'SecurityRuleConflict']);
    assert.match(twin.text, /conflicts with rule ssh/);
    assert.equal((await put('ssh', {})).status, 200);
  });

  const VALUES: readonly (readonly [object, string | undefined])[] = [
    [{ destinationPortRange: '0-65535' }, undefined],
    [{ destinationPortRange: '65536' }, 'SecurityRuleInvalidPortRange'],
    [{ destinationPortRange: '90-80' }, 'SecurityRuleInvalidPortRange'],
    [{ destinationPortRange: null, destinationPortRanges: ['80', '443'] }, undefined],
    [{ destinationPortRange: null }, 'SecurityRuleParameterRequired'],
    [{ sourceAddressPrefix: '10.0.0.0/24' }, undefined],
    [{ sourceAddressPrefix: 'VirtualNetwork' }, undefined],
    [{ sourceAddressPrefix: 'AzureContainerRegistry.WestEurope' }, undefined],
    [{ sourceAddressPrefix: '10.0.0.300' }, 'SecurityRuleInvalidAddressPrefix'],
    [{ sourceAddressPrefix: '10.0.0.0/33' }, 'SecurityRuleInvalidAddressPrefix'],
    [{ priority: 4096 }, undefined],
    [{ priority: 4097 }, 'InvalidRequestContent'],
    [{ priority: 99 }, 'InvalidRequestContent'],
    [{ protocol: 'Sctp' }, 'InvalidRequestContent'],
    [{ colour: 'red' }, 'InvalidRequestContent'],
  ];
  for (const [more, code] of VALUES)
    it(`with ${JSON.stringify(more)} is ${code ?? 'taken'}`, async () => {
      const answer = await put('valued', { priority: 500, ...more });
      assert.equal(answer.status < 300 ? undefined : codeOf(answer), code, answer.text);
    });
});
