import assert from 'node:assert/strict';
import { copyFile, mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Database } from '../../src/sqlite/database.ts';
import { DatabaseTooNewError } from '../../src/sqlite/migrate.ts';
import type { State } from '../../src/state/port.ts';
import { openState } from '../../src/state/sqlite/state.ts';
import { NEWEST_STATE, stateFixture } from './fixture.ts';
import { check } from './state-sample.ts';

const VERSIONS = Array.from({ length: NEWEST_STATE }, (_, i) => i + 1);

/** A copy of a fixture in a folder of its own. */
async function copyOf(version: number) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-upgrade-'));
  const path = join(folder.path, 'state.db');
  await copyFile(stateFixture(version), path);
  const open = (): Promise<State> => openState({ path, onFatal: (error) => assert.fail(String(error)) });
  return { path, open, [Symbol.asyncDispose]: () => folder.remove() };
}

describe('a state', () => {
  for (const version of VERSIONS)
    it(`of version ${version} is upgraded, and everything in it can be read`, async () => {
      await using copy = await copyOf(version);
      await using state = await copy.open();
      check(state);
    });

  it('of a version to come is refused, and nothing of it is changed', async () => {
    await using copy = await copyOf(NEWEST_STATE);
    {
      using database = new Database(copy.path, 'write');
      database.exec(`PRAGMA user_version = ${NEWEST_STATE + 1}`);
    }
    const before = await readFile(copy.path);
    await assert.rejects(copy.open(), DatabaseTooNewError);
    assert.deepEqual(await readFile(copy.path), before);
  });
});
