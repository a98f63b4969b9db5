import assert from 'node:assert/strict';
import { chmod, copyFile, mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Directory } from '../../src/directory/port.ts';
import { openSqliteDirectory } from '../../src/directory/sqlite/directory.ts';
import { DIRECTORY_MIGRATIONS } from '../../src/directory/sqlite/schema.ts';
import { Database } from '../../src/sqlite/database.ts';
import { DatabaseTooNewError, prepareDatabase } from '../../src/sqlite/migrate.ts';
import { openSecretBox } from '../../src/trust/secret-box.ts';
import { check } from './directory-sample.ts';
import { DIRECTORY_KEY, directoryFixture, NEWEST_DIRECTORY } from './fixture.ts';

const VERSIONS = Array.from({ length: NEWEST_DIRECTORY }, (_, i) => i + 1);

/** A copy of a fixture and its key in a folder of its own. */
async function copyOf(version: number) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-upgrade-'));
  const path = join(folder.path, 'directory.db');
  const key = join(folder.path, 'secret.key');
  await copyFile(directoryFixture(version), path);
  await copyFile(DIRECTORY_KEY, key);
  // A checkout does not keep the mode, and a key that everybody may read is refused.
  await chmod(key, 0o600);
  const open = async (): Promise<Directory> =>
    openSqliteDirectory(path, { sealer: await openSecretBox(key), onFatal: (error) => assert.fail(String(error)) });
  return { folder: folder.path, path, open, [Symbol.asyncDispose]: () => folder.remove() };
}

/** Every table and index, as SQLite keeps its text. */
function schemaOf(path: string): unknown {
  using database = new Database(path, 'read');
  return database.all('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name');
}

describe('a directory', () => {
  for (const version of VERSIONS) {
    it(`of version ${version} is upgraded, and everything in it can be read and opened`, async () => {
      await using copy = await copyOf(version);
      using directory = await copy.open();
      await check(directory);
    });

    it(`of version ${version} is what that version's steps make: a released step never changes`, async () => {
      await using copy = await copyOf(version);
      const fresh = join(copy.folder, 'fresh.db');
      prepareDatabase(fresh, DIRECTORY_MIGRATIONS.slice(0, version));
      assert.deepEqual(schemaOf(copy.path), schemaOf(fresh));
    });
  }

  it('of a version to come is refused, and nothing of it is changed', async () => {
    await using copy = await copyOf(NEWEST_DIRECTORY);
    {
      using database = new Database(copy.path, 'write');
      database.exec(`PRAGMA user_version = ${NEWEST_DIRECTORY + 1}`);
    }
    const before = await readFile(copy.path);
    await assert.rejects(copy.open(), DatabaseTooNewError);
    assert.deepEqual(await readFile(copy.path), before);
  });
});
