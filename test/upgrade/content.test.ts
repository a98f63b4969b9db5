import assert from 'node:assert/strict';
import { copyFile, mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Database } from '../../src/sqlite/database.ts';
import { DatabaseTooNewError, prepareDatabase, versionOf } from '../../src/sqlite/migrate.ts';
import { CONTENT_SCHEMA } from '../../src/store/schema.ts';
import { openMetadata } from '../../src/store/sqlite/metadata.ts';
import { check } from './content-sample.ts';
import { contentFixture, NEWEST_CONTENT } from './fixture.ts';

const VERSIONS = Array.from({ length: NEWEST_CONTENT }, (_, i) => i + 1);

/** A copy of a fixture in a folder of its own. */
async function copyOf(version: number) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-upgrade-'));
  const path = join(folder.path, 'content.db');
  await copyFile(contentFixture(version), path);
  return { folder: folder.path, path, [Symbol.asyncDispose]: () => folder.remove() };
}

function open(path: string) {
  return openMetadata({ path, onFatal: (error) => assert.fail(error) });
}

/** Every table and index, as SQLite keeps its text. */
function schemaOf(path: string): unknown {
  using database = new Database(path, 'read');
  return database.all('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name');
}

describe('a content database', () => {
  for (const version of VERSIONS) {
    it(`of version ${version} is upgraded, and everything in it can be read`, async () => {
      await using copy = await copyOf(version);
      await using store = await open(copy.path);
      await check(store);
    });

    it(`of version ${version} has after its upgrade the schema of a new one`, async () => {
      await using copy = await copyOf(version);
      prepareDatabase(copy.path, CONTENT_SCHEMA);
      const fresh = join(copy.folder, 'fresh.db');
      prepareDatabase(fresh, CONTENT_SCHEMA);
      assert.deepEqual(schemaOf(copy.path), schemaOf(fresh));
    });

    it(`of version ${version} is what that version's steps make: a released step never changes`, async () => {
      await using copy = await copyOf(version);
      const fresh = join(copy.folder, 'fresh.db');
      prepareDatabase(fresh, CONTENT_SCHEMA.slice(0, version));
      assert.deepEqual(schemaOf(copy.path), schemaOf(fresh));
      using database = new Database(copy.path, 'read');
      assert.equal(versionOf(database), version);
    });
  }

  it('of a version to come is refused, and nothing of it is changed', async () => {
    await using copy = await copyOf(NEWEST_CONTENT);
    {
      using database = new Database(copy.path, 'write');
      database.exec(`PRAGMA user_version = ${NEWEST_CONTENT + 1}`);
    }
    const before = await readFile(copy.path);
    await assert.rejects(open(copy.path), DatabaseTooNewError);
    assert.deepEqual(await readFile(copy.path), before);
    assert.deepEqual(await readdir(copy.folder), ['content.db']);
  });
});
