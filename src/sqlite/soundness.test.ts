import assert from 'node:assert/strict';
import { mkdtempDisposable, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { copyDatabase } from './copy.ts';
import { Database } from './database.ts';
import { prepareDatabase } from './migrate.ts';
import { faultsOf } from './soundness.ts';
import { NOTES_SCHEMA } from './writer.fixture.ts';

const PAGE_BYTES = 4096;

async function openNotes(rows: number) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-soundness-'));
  const path = join(folder.path, 'notes.db');
  prepareDatabase(path, NOTES_SCHEMA);
  using database = new Database(path, 'write');
  for (let i = 0; i < rows; i++) database.run('INSERT INTO note (text) VALUES (?1)', `${i} ${'x'.repeat(500)}`);
  return { path, folder: folder.path, [Symbol.asyncDispose]: () => folder.remove() };
}

/** Overwrites a page, counted from 0. */
async function damage(path: string, page: number): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, page * PAGE_BYTES);
}

function texts(path: string): readonly string[] {
  using database = new Database(path, 'read');
  return database
    .all<{ text: string }>('SELECT text FROM note ORDER BY id')
    .map(({ text }) => text.split(' ')[0] ?? '');
}

describe('a database', () => {
  it('that is sound has no faults, and one with a damaged page has', async () => {
    await using notes = await openNotes(50);
    assert.deepEqual(faultsOf(notes.path), []);
    await damage(notes.path, 3);
    assert.match(faultsOf(notes.path).join(), /tree|page|malformed/i);
  });
});

describe('a copy of a database', () => {
  it('has what was committed when it began, and no more, though it is in use', async () => {
    await using notes = await openNotes(3);
    using writer = new Database(notes.path, 'write');
    writer.useWriteAheadLog();
    writer.run('INSERT INTO note (text) VALUES (?1)', 'in the log');
    writer.exec('BEGIN');
    writer.run('INSERT INTO note (text) VALUES (?1)', 'uncommitted');
    const to = join(notes.folder, 'copy.db');
    await copyDatabase(notes.path, to, (copy) => void copy.run("DELETE FROM note WHERE text LIKE '1 %'"));
    writer.exec('COMMIT');
    assert.deepEqual(texts(to), ['0', '2', 'in']);
    assert.deepEqual(faultsOf(to), []);
    assert.equal(texts(notes.path).length, 5);
  });
});
