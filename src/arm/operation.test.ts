import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import Type from 'typebox';
import { objectOf } from '../azure/json.ts';
import { keyOfId, parseResourceId } from '../azure/resource-id.ts';
import { openState } from '../state/sqlite/state.ts';
import type { State, StateView } from '../state/port.ts';
import { storedResource as kept } from '../state/resource.fixture.ts';
import type { Log } from '../telemetry/log.ts';
import { contextOf } from './context.fixture.ts';
import { createEngine } from './engine.ts';
import { EXECUTORS } from './executor.ts';
import { beginOperation, endOperation, findOperation, type OperationEnd, runningOperations } from './operation.ts';
import { type Executor, startOperations } from './operation-runner.ts';
import { indexProviders } from './provider-index.ts';
import { shownOperations } from './provider/microsoft.resources/deployment-record.ts';
import { PROVIDERS } from './providers.ts';
import { storedResource } from './stored-resource.ts';
import type { EngineWrite, VerbContext } from './verb.ts';

const S = '/subscriptions/s';
const G = `${S}/resourceGroups/g`;
const OWNER = kept('/providers/Microsoft.Authorization/roleAssignments/a', {
  properties: {
    principalId: 'caller',
    roleDefinitionId: '/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  },
});
const BEFORE = [kept(S), kept(G, { location: 'westeurope' }), OWNER];
const THING = `${G}/providers/Seawall.Test/things/t`;

/** A type whose resources take their time. */
const INDEX = indexProviders([
  ...PROVIDERS.providers,
  {
    namespace: 'Seawall.Test',
    types: [
      {
        type: 'Seawall.Test/things',
        apiVersions: { kind: 'range', from: '2020-01-01', shown: ['2020-01-01'] },
        location: 'none',
        schema: Type.Object({ properties: Type.Object({ n: Type.Number() }) }),
        put: (context, request) => ({
          kind: 'written',
          resource: storedResource(context, request, { properties: { provisioningState: 'Creating' } }),
          operation: { kind: 'make', input: { n: 1 } },
        }),
        project: ({ id, properties }) => ({ id, properties }),
      },
    ],
  },
]);

function written(context: VerbContext, path = THING): Extract<EngineWrite, { readonly kind: 'written' }> {
  const id = parseResourceId(path);
  assert.ok(id !== undefined);
  const request = { method: 'PUT', id, apiVersion: '2020-01-01', body: { properties: { n: 1 } } } as const;
  const outcome = createEngine(INDEX).write(context, request);
  assert.equal(outcome.kind, 'written', JSON.stringify(outcome));
  assert.ok(outcome.kind === 'written');
  return outcome;
}

const stateOf = (view: StateView, id = ''): unknown => findOperation(view, id)?.operation.state.kind;
const provisioned = (view: StateView, path = THING): unknown =>
  view.get(keyOfId(path))?.properties['provisioningState'];
const FAILED: OperationEnd = { kind: 'failed', error: { code: 'Conflict', message: 'no host' } };

describe('an operation', () => {
  it('begins with the change that wants it, and its end is that of the resource', () => {
    for (const [end, state] of [
      [{ kind: 'succeeded' }, 'Succeeded'],
      [FAILED, 'Failed'],
    ] as const) {
      const context = contextOf(BEFORE);
      const { operation = '', changes, json } = written(context);
      const view = context.view.with(changes);
      assert.deepEqual([json['properties'], stateOf(view, operation)], [{ provisioningState: 'Creating' }, 'running']);
      const over = view.with(endOperation(INDEX, { ...context, view }, operation, end));
      assert.deepEqual([provisioned(over), stateOf(over, operation), runningOperations(over)], [state, end.kind, []]);
      assert.notEqual(over.get(keyOfId(THING))?.etag, view.get(keyOfId(THING))?.etag);
      assert.deepEqual(endOperation(INDEX, { ...context, view: over }, operation, FAILED), [], 'it ends once');
    }
  });

  it('is preempted by the next write of its resource, and ends with its resource', () => {
    const context = contextOf(BEFORE);
    const first = written(context);
    const second = written({ ...context, view: context.view.with(first.changes) });
    const view = context.view.with([...first.changes, ...second.changes]);
    assert.deepEqual(
      [stateOf(view, first.operation), stateOf(view, second.operation), provisioned(view)],
      ['canceled', 'running', 'Creating'],
    );
    const id = parseResourceId(THING);
    const gone = id && createEngine(INDEX).remove({ ...context, view }, id);
    assert.ok(gone?.kind === 'removed');
    assert.equal(stateOf(view.with(gone.changes), second.operation), 'canceled');
  });

  it('that waits for others ends with the last of them, as they ended', () => {
    for (const [last, ended] of [
      [{ kind: 'succeeded' }, 'succeeded'],
      [FAILED, 'failed'],
    ] as const) {
      const context = contextOf(BEFORE);
      const one = written(context);
      const other = written(context, `${THING}2`);
      const things = context.view.with([...one.changes, ...other.changes]);
      const waitsFor = [one.operation ?? '', other.operation ?? ''];
      const waiting = beginOperation({ ...context, view: things }, kept(G), { kind: 'all', waitsFor });
      let view = things.with(waiting.changes);
      view = view.with(endOperation(INDEX, { ...context, view }, waitsFor[0] ?? '', { kind: 'succeeded' }));
      assert.equal(stateOf(view, waiting.id), 'running');
      view = view.with(endOperation(INDEX, { ...context, view }, waitsFor[1] ?? '', last));
      const { state } = findOperation(view, waiting.id)?.operation ?? {};
      assert.equal(state?.kind, ended);
      if (state?.kind === 'failed') assert.deepEqual(state.error.details, ['error' in last ? last.error : undefined]);
    }
  });
});

describe('a deployment of what takes its time', () => {
  const template = {
    resources: ['t', 't2'].map((name) => ({
      type: 'Seawall.Test/things',
      apiVersion: '2020-01-01',
      name,
      properties: { n: 1 },
    })),
  };
  const DEPLOYMENT = `${G}/providers/Microsoft.Resources/deployments/d`;
  const deploy = (context: VerbContext) => {
    const id = parseResourceId(DEPLOYMENT);
    assert.ok(id !== undefined);
    const body = { properties: { template, mode: 'Incremental' } };
    return createEngine(INDEX).write(context, { method: 'PUT', id, apiVersion: '2021-04-01', body });
  };
  const operationsOf = (view: StateView): unknown => {
    const record = view.get(keyOfId(DEPLOYMENT));
    assert.ok(record !== undefined);
    return shownOperations(record, view).map(({ properties }) => objectOf(properties)['provisioningState']);
  };

  it('is under way until its last resource is there, and is not deployed over meanwhile', () => {
    const context = { ...contextOf(BEFORE), engine: createEngine(INDEX) };
    const outcome = deploy(context);
    assert.ok(outcome.kind === 'written', JSON.stringify(outcome));
    let view = context.view.with(outcome.changes);
    assert.deepEqual(
      [provisioned(view, DEPLOYMENT), operationsOf(view)],
      ['Running', ['Running', 'Running', 'Succeeded']],
    );
    const again = deploy({ ...context, view });
    assert.deepEqual(again.kind === 'refused' && again.error.code, 'DeploymentActive');
    for (const { id, kind } of runningOperations(view)) {
      assert.equal(provisioned(view, DEPLOYMENT), 'Running');
      if (kind === 'make') view = view.with(endOperation(INDEX, { ...context, view }, id, { kind: 'succeeded' }));
    }
    assert.deepEqual(
      [provisioned(view, DEPLOYMENT), operationsOf(view), stateOf(view, outcome.operation)],
      ['Succeeded', ['Succeeded', 'Succeeded', 'Succeeded'], 'succeeded'],
    );
  });

  it('has failed when one of its resources has, and says which', () => {
    const context = { ...contextOf(BEFORE), engine: createEngine(INDEX) };
    const outcome = deploy(context);
    assert.ok(outcome.kind === 'written');
    let view = context.view.with(outcome.changes);
    for (const { id, kind, resource } of runningOperations(view)) {
      const end = resource === keyOfId(THING) ? FAILED : ({ kind: 'succeeded' } as const);
      if (kind === 'make') view = view.with(endOperation(INDEX, { ...context, view }, id, end));
    }
    assert.deepEqual(
      [provisioned(view, DEPLOYMENT), provisioned(view), operationsOf(view)],
      ['Failed', 'Failed', ['Failed', 'Succeeded', 'Succeeded']],
    );
    assert.match(JSON.stringify(view.get(keyOfId(DEPLOYMENT))?.properties['error']), /DeploymentFailed.*no host/);
  });
});

describe('a resource group that is about to go', () => {
  it('takes no resource, and no change of one', () => {
    for (const [provisioningState, code] of [
      ['Deleting', 'ResourceGroupBeingDeleted'],
      ['Succeeded', undefined],
    ] as const) {
      const group = kept(G, { location: 'westeurope', properties: { provisioningState } });
      const id = parseResourceId(THING);
      assert.ok(id !== undefined);
      const asked = { method: 'PUT', id, apiVersion: '2020-01-01', body: { properties: { n: 1 } } } as const;
      const outcome = createEngine(INDEX).write(contextOf([kept(S), group, OWNER]), asked);
      assert.equal(outcome.kind === 'refused' ? outcome.error.code : undefined, code);
    }
  });
});

describe('the work of operations', () => {
  const opened = async () => {
    const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-operation-'));
    return {
      open: () =>
        openState({
          path: join(folder.path, 'state.db'),
          onFatal: (error) => {
            throw error;
          },
        }),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  };
  const begin = async (state: State): Promise<string> => {
    await state.commit(() => ({
      value: 0,
      changes: BEFORE.map((resource) => ({ kind: 'put', resource }) as const),
    }));
    const { value } = await state.commit((view) => {
      const { changes, operation = '' } = written(contextOf(view));
      return { value: operation, changes };
    });
    return value;
  };
  const over = async (state: State, id: string): Promise<void> => {
    const events = new EventEmitter();
    const unfollow = state.follow(async () => void events.emit('changed'));
    while (stateOf(state.view(), id) === 'running')
      await once(events, 'changed', { signal: AbortSignal.timeout(10_000) });
    unfollow();
  };
  const services = (state: State, executors: Readonly<Record<string, Executor>>, logged: string[] = []) => ({
    state,
    index: INDEX,
    executors: { ...EXECUTORS, ...executors },
    gone: async () => undefined,
    settings: () => contextOf([]).settings,
    origin: 'https://arm.test',
    log: { event: ({ event }: { readonly event: string }) => void logged.push(event) } as unknown as Log,
    now: () => 1,
    newUuid: () => crypto.randomUUID(),
  });

  it('is done by the process that finds it, after one that ended before it was over', async () => {
    await using folder = await opened();
    const begun = Promise.withResolvers<AbortSignal>();
    let id = '';
    {
      await using state = await folder.open();
      await using _ = startOperations(
        services(state, {
          make: async (__, signal) => {
            begun.resolve(signal);
            await once(signal, 'abort');
            return () => ({ kind: 'succeeded' });
          },
        }),
      );
      id = await begin(state);
      await begun.promise;
    }
    await using state = await folder.open();
    assert.equal(stateOf(state.view(), id), 'running');
    const inputs: unknown[] = [];
    await using _ = startOperations(
      services(state, {
        make: ({ input }) => {
          inputs.push(input);
          return () => ({ kind: 'succeeded' });
        },
      }),
    );
    await over(state, id);
    assert.deepEqual([provisioned(state.view()), inputs], ['Succeeded', [{ n: 1 }]]);
  });

  it('that goes wrong, or that nothing can do, has failed, and the log tells why', async () => {
    for (const executors of [{ make: () => Promise.reject(new Error('broken')) }, {}]) {
      await using folder = await opened();
      await using state = await folder.open();
      const logged: string[] = [];
      await using _ = startOperations(services(state, executors, logged));
      const id = await begin(state);
      await over(state, id);
      assert.deepEqual([provisioned(state.view()), logged], ['Failed', ['task-failed']]);
    }
  });
});
