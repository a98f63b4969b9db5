import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../azure/json.ts';
import type { StoredResource } from '../../../state/port.ts';
import { checkBody } from '../../check-body.ts';
import { contextOf } from '../../context.fixture.ts';
import { AROUND, idIn, PLAIN } from '../../kinds.fixture.ts';
import { platformHosts } from '../../platform-host.ts';
import { MANAGED_CLUSTER } from './managed-cluster.ts';

const POOL = {
  name: 'nodepool1',
  count: 1,
  vmSize: 'Standard_DS2_v2',
  vnetSubnetID: PLAIN,
  osType: 'Linux',
  mode: 'System',
};

function body(...pools: readonly JsonObject[]): JsonObject {
  const properties = { kubernetesVersion: '', dnsPrefix: 'x', agentPoolProfiles: pools, enableRBAC: true };
  return { location: 'westeurope', identity: { type: 'SystemAssigned' }, properties };
}

function put(
  sent: JsonObject,
  { view = AROUND, existing }: { view?: readonly StoredResource[]; existing?: StoredResource } = {},
) {
  const id = idIn('Microsoft.ContainerService/managedClusters/aks1');
  const outcome = MANAGED_CLUSTER.put?.(contextOf(view), { id, apiVersion: '2024-09-01', body: sent, existing });
  assert.ok(outcome);
  return outcome;
}

/** Everything that a write makes. */
function made(sent: JsonObject): readonly StoredResource[] {
  const outcome = put(sent);
  if (outcome.kind !== 'written') throw new TypeError(JSON.stringify(outcome.error));
  return [
    outcome.resource,
    ...(outcome.also ?? []).flatMap((change) => (change.kind === 'put' ? [change.resource] : [])),
  ];
}

describe('a cluster', () => {
  it('is a node on the subnet of its pool', () => {
    const { view } = contextOf([...AROUND, ...made(body(POOL))]);
    assert.deepEqual(
      platformHosts(view).map(({ name, address }) => [name, address]),
      [['aks-nodepool1-aks1', '10.0.0.4']],
    );
  });

  it('has an identity of its own, and one that its nodes pull as, which goes with it', () => {
    const [cluster, identity] = made(body(POOL));
    assert.ok(cluster && identity);
    const context = contextOf([...AROUND, cluster, identity]);
    const shown = JSON.stringify(MANAGED_CLUSTER.project(cluster, '2024-09-01', context.view, context.settings));
    assert.match(shown, /"identity":\{"type":"SystemAssigned","principalId"/);
    assert.match(
      shown,
      new RegExp(`"kubeletidentity":\\{[^}]*"objectId":${JSON.stringify(identity.properties['principalId'])}`),
    );
    assert.deepEqual(MANAGED_CLUSTER.remove?.(context, cluster, false), {
      kind: 'removed',
      also: [{ kind: 'remove', key: identity.key }],
    });
  });

  it('keeps nodes and identity when it is written again', () => {
    const [cluster, identity] = made(body(POOL));
    assert.ok(cluster && identity);
    const again = put(body(POOL), { view: [...AROUND, cluster, identity], existing: cluster });
    assert.ok(again.kind === 'written');
    assert.deepEqual(again.resource.properties['hosts'], cluster.properties['hosts']);
    assert.deepEqual(again.also, []);
  });

  const rows: readonly (readonly [string, JsonObject, RegExp])[] = [
    ['of three nodes', { ...POOL, count: 3 }, /count.*a pool is one node here: say --node-count 1/],
    ['without a subnet', { ...POOL, vnetSubnetID: null }, /say --vnet-subnet-id/],
    ['of a size that is not there', { ...POOL, vmSize: 'Standard_X' }, /Standard_X/],
    ['on a subnet that is not there', { ...POOL, vnetSubnetID: `${PLAIN}x` }, /was not found/],
  ];
  for (const [name, pool, message] of rows)
    it(`is refused with a pool ${name}`, () => {
      const outcome = put(body(pool));
      assert.match(outcome.kind === 'refused' ? outcome.error.message : 'it was written', message);
    });

  it('is refused with two pools', () => {
    const outcome = put(body(POOL, { ...POOL, name: 'second' }));
    assert.match(outcome.kind === 'refused' ? outcome.error.message : '', /a cluster has one pool here/);
  });

  it('takes what az sends, and names what is not built', () => {
    const check = (properties: JsonObject): unknown => checkBody(MANAGED_CLUSTER.schema, { properties });
    const usual = { ...(body(POOL)['properties'] as JsonObject), addonProfiles: {}, storageProfile: {} };
    assert.equal(check(usual), undefined);
    assert.equal(check({ ...usual, bootstrapProfile: { artifactSource: 'Direct' } }), undefined);
    assert.match(
      JSON.stringify(check({ ...usual, bootstrapProfile: { artifactSource: 'Cache' } })),
      /bootstrapProfile.artifactSource/,
    );
    assert.match(JSON.stringify(check({ ...usual, addonProfiles: { omsagent: { enabled: true } } })), /addonProfiles/);
    assert.match(
      JSON.stringify(check({ ...usual, apiServerAccessProfile: { enablePrivateCluster: true } })),
      /apiServerAccessProfile/,
    );
  });
});
