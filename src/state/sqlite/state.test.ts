import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Database } from '../../sqlite/database.ts';
import { type StateStorage, stateContract } from '../contract.ts';
import { storedResource } from '../resource.fixture.ts';
import { openState } from './state.ts';

const PUT = { kind: 'put', resource: storedResource('/subscriptions/s') } as const;

async function temporary(fatal: Error[] = []): Promise<StateStorage & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'seawall-state-'));
  const path = join(folder, 'state.db');
  return {
    path,
    open: () => openState({ path, onFatal: (error) => fatal.push(error) }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

stateContract('sqlite', temporary);

describe('the SQLite state', () => {
  it('written by a newer release is refused', async () => {
    await using kept = await temporary();
    await (await kept.open())[Symbol.asyncDispose]();
    {
      using database = new Database(kept.path, 'write');
      database.exec('PRAGMA user_version = 99');
    }
    await assert.rejects(kept.open(), { name: 'DatabaseTooNewError' });
  });

  it('ends the process when a follower fails: what is in force is unknown', async () => {
    const fatal: Error[] = [];
    await using kept = await temporary(fatal);
    await using state = await kept.open();
    state.follow(() => Promise.reject(new Error('not published')));
    await assert.rejects(
      state.commit(() => ({ value: 0, changes: [PUT] })),
      /not published/,
    );
    assert.deepEqual(
      fatal.map(({ message }) => message),
      ['not published'],
    );
  });

  it('refuses a commit when somebody else has written the file, and changes nothing', async () => {
    await using kept = await temporary();
    await using first = await kept.open();
    await using second = await kept.open();
    await first.commit(() => ({ value: 0, changes: [PUT] }));
    await assert.rejects(
      second.commit(() => ({ value: 0, changes: [PUT] })),
      /another process writes it/,
    );
    assert.equal(second.view().generation.sequence, 0);
  });
});
