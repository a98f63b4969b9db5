import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Database } from './database.ts';
import { DatabaseTooNewError, prepareDatabase, versionOf } from './migrate.ts';

const STEPS = ['CREATE TABLE a (n INTEGER) STRICT', 'INSERT INTO a VALUES (2)', 'INSERT INTO a VALUES (3)'];

async function openFolder() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-migrate-'));
  return {
    folder: folder.path,
    path: join(folder.path, 'a.db'),
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

function state(path: string): { version: number; rows: unknown[] } {
  using database = new Database(path, 'read');
  return { version: versionOf(database), rows: database.all<{ n: number }>('SELECT n FROM a').map((row) => row.n) };
}

describe('a schema', () => {
  it('is made from nothing', async () => {
    await using at = await openFolder();
    prepareDatabase(at.path, STEPS);
    assert.deepEqual(state(at.path), { version: 3, rows: [2, 3] });
  });

  it('is made whole under another name first, and what a crash left there is no harm', async () => {
    await using at = await openFolder();
    await writeFile(`${at.path}.new`, 'half');
    await writeFile(`${at.path}.new-journal`, 'half');
    prepareDatabase(at.path, STEPS);
    assert.deepEqual(await readdir(at.folder), ['a.db']);
    assert.deepEqual(state(at.path), { version: 3, rows: [2, 3] });
    assert.equal((await stat(at.path)).mode & 0o777, 0o600);
  });

  it('is made in its place where it cannot be under another name, and over what is empty', async () => {
    await using at = await openFolder();
    await mkdir(`${at.path}.new/in-the-way`, { recursive: true });
    prepareDatabase(at.path, STEPS);
    assert.deepEqual(state(at.path), { version: 3, rows: [2, 3] });
    const empty = join(at.folder, 'empty.db');
    await writeFile(empty, '');
    prepareDatabase(empty, STEPS);
    assert.deepEqual(state(empty), { version: 3, rows: [2, 3] });
  });

  it('is not made at all where one of its steps fails', async () => {
    await using at = await openFolder();
    assert.throws(() => prepareDatabase(at.path, [...STEPS, 'INSERT INTO nowhere VALUES (1)']), /no such table/);
    prepareDatabase(at.path, STEPS);
    assert.deepEqual(state(at.path), { version: 3, rows: [2, 3] });
  });

  it('is brought on from where it is, and once only', async () => {
    await using at = await openFolder();
    prepareDatabase(at.path, STEPS.slice(0, 2));
    prepareDatabase(at.path, STEPS);
    prepareDatabase(at.path, STEPS);
    assert.deepEqual(state(at.path), { version: 3, rows: [2, 3] });
  });

  it('stays as it was when one of its steps fails', async () => {
    await using at = await openFolder();
    prepareDatabase(at.path, STEPS.slice(0, 1));
    assert.throws(() => prepareDatabase(at.path, [...STEPS, 'INSERT INTO nowhere VALUES (1)']), /no such table/);
    assert.deepEqual(state(at.path), { version: 1, rows: [] });
  });

  it('is refused when it is newer, with nothing changed and both versions named', async () => {
    await using at = await openFolder();
    prepareDatabase(at.path, STEPS);
    const before = await readFile(at.path);
    const says = (error: unknown) =>
      error instanceof DatabaseTooNewError && /version 3/.test(error.message) && /up to 2/.test(error.message);
    assert.throws(() => prepareDatabase(at.path, STEPS.slice(0, 2)), says);
    assert.deepEqual(await readFile(at.path), before);
    assert.deepEqual(await readdir(at.folder), ['a.db']);
  });
});
