import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { contextOf } from '../arm/context.fixture.ts';
import type { MachineCommandEnd } from '../lab/machine.ts';
import { storedResource } from '../state/resource.fixture.ts';
import { type ClusterCommands, clusterCommands } from './cluster-commands.ts';

const GROUP = '/subscriptions/00000000-0000-4000-8000-00000000000a/resourceGroups/g';
const CLUSTER = `${GROUP}/providers/Microsoft.ContainerService/managedClusters/Aks`;
const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const ended = (given: object = {}): MachineCommandEnd => ({
  kind: 'ended',
  code: 0,
  timedOut: false,
  stdout: 'out\n',
  stderr: 'err\n',
  ...given,
});

const cluster = storedResource(CLUSTER);
const reads = storedResource(`${GROUP}/providers/Microsoft.Authorization/roleAssignments/${READER}`, {
  properties: {
    principalId: 'reader',
    roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${READER}`,
  },
});

/** Commands of one cluster whose node ends them when it is told to. */
function scene(state: 'running' | 'none' = 'running') {
  const end = Promise.withResolvers<MachineCommandEnd>();
  let uuids = 0;
  const commands = clusterCommands({
    machines: {
      observed: () => (state === 'none' ? undefined : { kind: 'running', boot: 1, pid: 1 }),
      execute: () => end.promise,
    },
    now: () => Date.UTC(2026, 0, 1),
    newUuid: () => `0000000a-0000-4000-8000-${String(++uuids).padStart(12, '0')}`,
  });
  return { commands, end: end.resolve };
}

function run({ effect }: ClusterCommands, body: Parameters<ClusterCommands['effect']['run']>[0]['body']) {
  return effect.run({ resource: cluster, body, apiVersion: '2024-09-01', query: new URLSearchParams(), caller: 'any' });
}

function read({ route }: ClusterCommands, command: string, caller = 'reader', there = cluster) {
  const parameters = { subscription: '00000000-0000-4000-8000-00000000000a', group: 'G', cluster: 'aks', command };
  const request = { parameters, query: new URLSearchParams(), apiVersion: '2024-09-01', body: {} };
  return route.run(contextOf([there, reads], { caller }), request);
}

const ID = '0000000a000040008000000000000001';
const STARTED = { startedAt: '2026-01-01T00:00:00.000Z' };
const OVER = { ...STARTED, finishedAt: '2026-01-01T00:00:00.000Z' };

describe('a command in a cluster', () => {
  it('is accepted with where its result is, which is told when it is over and not before', async () => {
    const { commands, end } = scene();
    const result = `${CLUSTER}/commandResults/${ID}?api-version=2024-09-01`;
    assert.deepEqual(await run(commands, { command: 'id' }), { kind: 'accepted', result });
    assert.deepEqual(read(commands, ID), {
      kind: 'running',
      location: `https://arm.test${result}`,
      body: { id: ID, properties: { provisioningState: 'Running', ...STARTED } },
    });
    end(ended());
    await turn();
    const properties = { provisioningState: 'Succeeded', exitCode: 0, logs: 'out\nerr\n', ...OVER };
    assert.deepEqual(read(commands, ID), { kind: 'answered', body: { id: ID, properties } });
  });

  for (const [what, how, told] of [
    ['fails', ended({ code: 7 }), { provisioningState: 'Succeeded', exitCode: 7, logs: 'out\nerr\n' }],
    [
      'takes too long',
      ended({ code: undefined, timedOut: true }),
      { provisioningState: 'Failed', exitCode: 137, logs: 'out\nerr\n', reason: 'it took longer than 600 s' },
    ],
    ['finds no host', { kind: 'refused', why: 'gone' }, { provisioningState: 'Failed', reason: 'gone' }],
  ] as const)
    it(`that ${what} says so`, async () => {
      const { commands, end } = scene();
      await run(commands, { command: 'id' });
      end(how);
      await turn();
      assert.deepEqual(read(commands, ID), { kind: 'answered', body: { id: ID, properties: { ...told, ...OVER } } });
    });

  it('is refused at once where no host runs, without a command, and with files', async () => {
    const refusals = [
      await run(scene('none').commands, { command: 'id' }),
      await run(scene().commands, { command: '' }),
      await run(scene().commands, { command: 'id', context: 'UEsF' }),
    ];
    assert.deepEqual(
      refusals.map((one) => one.kind === 'refused' && one.error.code),
      ['OperationNotAllowed', 'InvalidParameter', 'InvalidParameter'],
    );
    assert.equal((await run(scene().commands, { command: 'id', context: '' })).kind, 'accepted');
  });

  it('tells its result to nobody who may not read it, nor of a namesake, nor of an id that was never given', async () => {
    const { commands } = scene();
    await run(commands, { command: 'id' });
    const codeOf = (outcome: ReturnType<typeof read>) => outcome.kind === 'refused' && outcome.error.code;
    assert.equal(codeOf(read(commands, ID)), false);
    assert.equal(codeOf(read(commands, ID, 'stranger')), 'AuthorizationFailed');
    assert.equal(codeOf(read(commands, ID, 'reader', storedResource(CLUSTER, { uid: 'another' }))), 'ResourceNotFound');
    assert.equal(codeOf(read(commands, ID.replace(/1$/, '2'))), 'ResourceNotFound');
  });

  it('is forgotten when a thousand newer ones were run', async () => {
    const { commands } = scene();
    for (let i = 0; i < 1000; i += 1) await run(commands, { command: 'id' });
    assert.equal(read(commands, ID).kind, 'running');
    await run(commands, { command: 'id' });
    assert.equal(read(commands, ID).kind, 'refused');
  });
});
