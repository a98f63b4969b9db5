import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keyOfId } from '../azure/resource-id.ts';
import type { Change, State, StateView, StoredResource } from './port.ts';
import { storedResource } from './resource.fixture.ts';

/** A place that a state is kept in: opened again, it has what was committed. */
export interface StateStorage extends AsyncDisposable {
  open(): Promise<State>;
}

const GROUP = '/subscriptions/s/resourceGroups/g';
const NETWORK = `${GROUP}/providers/Microsoft.Network/virtualNetworks/v`;
const SUBNET = `${NETWORK}/subnets/a`;

/** What every adapter of the state must do. */
export function stateContract(name: string, storage: () => Promise<StateStorage>): void {
  const withState = async (test: (state: State) => Promise<void>): Promise<void> => {
    await using kept = await storage();
    await using state = await kept.open();
    await test(state);
  };

  describe(`the ${name} state`, () => {
    it('shows a commit when it is answered, under the next number', () =>
      withState(async (state) => {
        const before = state.view();
        const { value, generation } = await state.commit(() => ({ value: 'made', changes: [put(NETWORK)] }));
        assert.equal(value, 'made');
        assert.deepEqual(generation, { epoch: 1, sequence: before.generation.sequence + 1 });
        assert.deepEqual(state.view().get(keyOfId(NETWORK)), storedResource(NETWORK));
        assert.equal(before.get(keyOfId(NETWORK)), undefined);
      }));

    it('keeps its number when nothing changed', () =>
      withState(async (state) => {
        const { generation } = await state.commit(() => ({ value: 0, changes: [] }));
        assert.deepEqual(generation, { epoch: 1, sequence: 0 });
      }));

    it('changes nothing when a decision throws, and runs the next', () =>
      withState(async (state) => {
        const broken = state.commit(() => {
          throw new RangeError('broken');
        });
        const next = state.commit(() => ({ value: 1, changes: [put(NETWORK)] }));
        await assert.rejects(broken, /broken/);
        assert.equal((await next).generation.sequence, 1);
      }));

    it('decides one after another, each on what the one before made', () =>
      withState(async (state) => {
        const counted = Array.from({ length: 50 }, () => state.commit(count));
        const values = (await Promise.all(counted)).map(({ value }) => value);
        assert.deepEqual(
          values,
          values.map((_, i) => i + 1),
        );
      }));

    it('finds what is below an id and of a type, in the order of keys, and nothing of a namesake with a longer name', () =>
      withState(async (state) => {
        const ids = [`${NETWORK}2/subnets/c`, `${NETWORK}-2/subnets/d`, `${NETWORK}/subnets/b`, SUBNET, NETWORK];
        await state.commit(() => ({ value: 0, changes: ids.map((id) => put(id)) }));
        const view = state.view();
        assert.deepEqual(idsOf(view.below(keyOfId(NETWORK))), [SUBNET, `${NETWORK}/subnets/b`]);
        const type = 'microsoft.network/virtualnetworks/subnets';
        assert.deepEqual(idsOf(view.ofType(type, keyOfId(NETWORK))), [SUBNET, `${NETWORK}/subnets/b`]);
        assert.equal(view.ofType(type).length, 4);
        assert.deepEqual(view.ofType('microsoft.network/networkinterfaces'), []);
      }));

    it('replaces and removes as one', () =>
      withState(async (state) => {
        await state.commit(() => ({ value: 0, changes: [put(NETWORK), put(SUBNET)] }));
        const replaced = storedResource(NETWORK, { etag: '"2"' });
        const changes: Change[] = [
          { kind: 'put', resource: replaced },
          { kind: 'remove', key: keyOfId(SUBNET) },
        ];
        await state.commit(() => ({ value: 0, changes }));
        assert.deepEqual(state.view().below(keyOfId(GROUP)), [replaced]);
        assert.deepEqual(state.view().ofType('microsoft.network/virtualnetworks/subnets'), []);
      }));

    it('has everything again after it was closed and opened', async () => {
      await using kept = await storage();
      {
        await using state = await kept.open();
        await state.commit(() => ({ value: 0, changes: [put(NETWORK), put(SUBNET)] }));
        await state.commit(() => ({ value: 0, changes: [{ kind: 'remove', key: keyOfId(SUBNET) }] }));
      }
      await using again = await kept.open();
      assert.deepEqual(again.view().generation, { epoch: 1, sequence: 2 });
      assert.deepEqual(again.view().below(keyOfId(GROUP)), [storedResource(NETWORK)]);
    });

    it('answers a commit when every follower has acknowledged it, and not before', () =>
      withState(async (state) => {
        const told = Promise.withResolvers<StateView>();
        const acknowledge = Promise.withResolvers<void>();
        state.follow((view) => {
          told.resolve(view);
          return acknowledge.promise;
        });
        let answered = false;
        const commit = state.commit(() => ({ value: 0, changes: [put(NETWORK)] })).then(() => (answered = true));
        assert.equal((await told.promise).generation.sequence, 1);
        assert.equal(answered, false);
        acknowledge.resolve();
        await commit;
      }));

    it('tells followers of every view in order, with its changes, until they leave', () =>
      withState(async (state) => {
        const seen: unknown[] = [];
        const leave = state.follow(async (view, changes) => void seen.push([view.generation.sequence, changes]));
        const first = put(NETWORK);
        const second = put(SUBNET);
        await Promise.all([first, second].map((change) => state.commit(() => ({ value: 0, changes: [change] }))));
        leave();
        await state.commit(() => ({ value: 0, changes: [put(NETWORK)] }));
        assert.deepEqual(seen, [
          [1, [first]],
          [2, [second]],
        ]);
      }));
  });
}

function put(id: string): Change {
  return { kind: 'put', resource: storedResource(id) };
}

function count(view: StateView) {
  const value = Number(view.get(keyOfId(NETWORK))?.etag ?? 0) + 1;
  return { value, changes: [{ kind: 'put' as const, resource: storedResource(NETWORK, { etag: String(value) }) }] };
}

function idsOf(resources: readonly StoredResource[]): readonly string[] {
  return resources.map(({ id }) => id);
}
