import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../azure/json.ts';
import { checkBody } from '../../check-body.ts';
import { contextOf } from '../../context.fixture.ts';
import { AROUND, DELEGATED, idIn, PLAIN, PULLER } from '../../kinds.fixture.ts';
import { platformHosts } from '../../platform-host.ts';
import type { StoredResource } from '../../../state/port.ts';
import { CONTAINER_GROUP } from './container-group.ts';

const CONTAINER = {
  name: 'one',
  properties: {
    image: 'myregistry.azurecr.test/hello:v1',
    environmentVariables: [
      { name: 'A', value: 'b' },
      { name: 'S', secureValue: 'secret' },
    ],
    resources: { requests: { cpu: 1, memoryInGB: 1.5 } },
  },
};

function body(properties: JsonObject = {}, more: JsonObject = {}): JsonObject {
  const usual = { containers: [CONTAINER], osType: 'Linux', subnetIds: [{ id: DELEGATED }], restartPolicy: 'Never' };
  return { location: 'westeurope', ...more, properties: { ...usual, ...properties } };
}

function put(
  sent: JsonObject,
  {
    view = AROUND,
    name = 'c1',
    existing,
  }: { view?: readonly StoredResource[]; name?: string; existing?: StoredResource } = {},
) {
  const id = idIn(`Microsoft.ContainerInstance/containerGroups/${name}`);
  const outcome = CONTAINER_GROUP.put?.(contextOf(view), { id, apiVersion: '2023-05-01', body: sent, existing });
  assert.ok(outcome);
  return outcome;
}

function written(sent: JsonObject): StoredResource {
  const outcome = put(sent);
  assert.equal(outcome.kind, 'written', JSON.stringify(outcome));
  if (outcome.kind !== 'written') throw new TypeError('it was refused');
  return outcome.resource;
}

describe('a container group', () => {
  it('is a host on its subnet, at the first address that is free there', () => {
    const group = written(body({ ipAddress: { type: 'Private', ports: [{ port: 80 }] } }));
    const view = contextOf([...AROUND, group]).view;
    const [host] = platformHosts(view);
    assert.deepEqual([host?.uid, host?.name, host?.address], [group.uid, 'c1', '10.0.1.4']);
    const shown = CONTAINER_GROUP.project(group, '2023-05-01', view, contextOf([]).settings);
    assert.match(JSON.stringify(shown), /"ip":"10\.0\.1\.4"/);
  });

  it('tells nobody its passwords and secret values', () => {
    const imageRegistryCredentials = [{ server: 'x', username: 'u', password: 'word' }];
    const group = written(body({ imageRegistryCredentials }));
    const { view, settings } = contextOf([...AROUND, group]);
    const shown = JSON.stringify(CONTAINER_GROUP.project(group, '2023-05-01', view, settings));
    assert.doesNotMatch(shown, /word"|secret"|"hosts"|"boot"/);
    assert.match(shown, /"name":"S"/);
  });

  it('keeps its address when it is written again, and starts its containers anew', () => {
    const group = written(body());
    const again = put(body(), { view: [...AROUND, group], existing: group });
    assert.ok(again.kind === 'written');
    const [first, second] = [group, again.resource].map(({ properties }) => properties);
    assert.deepEqual(second?.['hosts'], first?.['hosts']);
    assert.deepEqual([first?.['boot'], second?.['boot']], [1, 2]);
  });

  it('acts as the identities that it is given', () => {
    const identity = { type: 'UserAssigned', userAssignedIdentities: { [PULLER.toUpperCase()]: {} } };
    const imageRegistryCredentials = [{ server: 'x', identity: PULLER }];
    const group = written(body({ imageRegistryCredentials }, { identity }));
    const { view, settings } = contextOf([...AROUND, group]);
    assert.deepEqual(CONTAINER_GROUP.project(group, '2023-05-01', view, settings)['identity'], {
      type: 'UserAssigned',
      userAssignedIdentities: { [PULLER]: { principalId: 'p1', clientId: 'c1' } },
    });
  });

  const FULL = Array.from(
    { length: 3 },
    (_, i): StoredResource => ({
      ...written(body()),
      uid: `other-${i}`,
      key: idIn(`Microsoft.ContainerInstance/containerGroups/o${i}`).key,
      properties: { hosts: [{ uid: `o${i}`, name: `o${i}`, subnet: DELEGATED, address: `10.0.1.${4 + i}` }] },
    }),
  );
  const rows: readonly (readonly [string, () => ReturnType<typeof put>, string, RegExp])[] = [
    [
      'on a subnet that is not given over',
      () => put(body({ subnetIds: [{ id: PLAIN }] })),
      'SubnetMissingRequiredDelegation',
      /--delegations/,
    ],
    ['on a subnet that is full', () => put(body(), { view: [...AROUND, ...FULL] }), 'SubnetIsFull', /no free address/],
    [
      'on a subnet that is not there',
      () => put(body({ subnetIds: [{ id: `${PLAIN}x` }] })),
      'InvalidResourceReference',
      /was not found/,
    ],
    ['under a name that is none', () => put(body(), { name: 'No_Name' }), 'InvalidContainerGroupName', /No_Name/],
    [
      'with two containers of one name',
      () => put(body({ containers: [CONTAINER, CONTAINER] })),
      'InvalidParameter',
      /"one" is there twice/,
    ],
    [
      'with an identity of a credential that it does not have',
      () => put(body({ imageRegistryCredentials: [{ server: 'x', identity: PULLER }] })),
      'InvalidImageRegistryCredentialIdentity',
      /not assigned/,
    ],
    [
      'with a user and no password',
      () => put(body({ imageRegistryCredentials: [{ server: 'x', username: 'u' }] })),
      'InvalidImageRegistryCredential',
      /needs a username/,
    ],
    [
      'with an identity that is not there',
      () => put(body({}, { identity: { type: 'UserAssigned', userAssignedIdentities: { [`${PULLER}x`]: {} } } })),
      'FailedIdentityOperation',
      /was not found/,
    ],
  ];
  for (const [name, attempt, code, message] of rows)
    it(`is refused ${name}`, () => {
      const outcome = attempt();
      assert.equal(outcome.kind, 'refused');
      const { error } = outcome.kind === 'refused' ? outcome : { error: { code: '', message: '' } };
      assert.equal(error.code, code);
      assert.match(error.message, message);
    });

  it('is refused where nothing runs containers', () => {
    const settings = { containerHosts: { kind: 'refused', why: 'no lab' } } as const;
    const id = idIn('Microsoft.ContainerInstance/containerGroups/c1');
    const context = contextOf(AROUND, { settings });
    const outcome = CONTAINER_GROUP.put?.(context, { id, apiVersion: '2023-05-01', body: body(), existing: undefined });
    assert.deepEqual(outcome, { kind: 'refused', error: { code: 'OperationNotAllowed', message: 'no lab' } });
  });

  for (const [name, properties] of [
    ['a volume', { volumes: [{ name: 'v', emptyDir: {} }] }],
    ['Windows', { osType: 'Windows' }],
    ['no subnet', { subnetIds: [] }],
    ['a public address', { ipAddress: { type: 'Public', ports: [] } }],
    ['a member that nobody knows', { colour: 'red' }],
  ] as const)
    it(`does not take ${name}`, () =>
      assert.ok(
        checkBody(CONTAINER_GROUP.schema, { properties: { ...(body()['properties'] as object), ...properties } }) !==
          undefined,
      ));

  it('takes what az sends', () =>
    assert.equal(checkBody(CONTAINER_GROUP.schema, { properties: body()['properties'] ?? null }), undefined));

  it('takes the empty map of values that the newest az sends, and none with values', () => {
    const check = (keyValuePairs: JsonObject): unknown => {
      const properties = { ...CONTAINER.properties, configMap: { keyValuePairs } };
      const containers = [{ ...CONTAINER, properties }];
      return checkBody(CONTAINER_GROUP.schema, { properties: { ...(body()['properties'] as object), containers } });
    };
    assert.equal(check({}), undefined);
    assert.match(JSON.stringify(check({ a: 'b' })), /configMap/);
  });
});
