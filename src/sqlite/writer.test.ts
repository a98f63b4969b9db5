import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Database } from './database.ts';
import { prepareDatabase } from './migrate.ts';
import { DatabaseFullError, DatabaseInDoubtError, Writer } from './writer.ts';
import { WriterThread } from './thread.ts';
import { NOTES_SCHEMA, type operations } from './writer.fixture.ts';

async function openNotes(thread?: WriterThread) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-writer-'));
  const path = join(folder.path, 'notes.db');
  prepareDatabase(path, NOTES_SCHEMA);
  const fatal: Error[] = [];
  const module = new URL('./writer.fixture.ts', import.meta.url);
  const writer = await Writer.open<typeof operations>({ path, module, thread, onFatal: (error) => fatal.push(error) });
  const reader = new Database(path, 'read');
  return {
    writer,
    fatal,
    path,
    texts: () => reader.all<{ text: string }>('SELECT text FROM note ORDER BY id').map((row) => row.text),
    async [Symbol.asyncDispose]() {
      reader[Symbol.dispose]();
      await writer[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

describe('the writer', () => {
  it('answers when the change can be read', async () => {
    await using notes = await openNotes();
    assert.equal(await notes.writer.call('add', 'a'), 1);
    assert.deepEqual(notes.texts(), ['a']);
  });

  it('runs calls in the order in which they were made', async () => {
    await using notes = await openNotes();
    const texts = Array.from({ length: 1_500 }, (_, i) => `${i}`);
    await Promise.all(texts.map((text) => notes.writer.call('add', text)));
    assert.deepEqual(notes.texts(), texts);
  });

  it('undoes what an operation did before it threw, and nothing of its neighbours', async () => {
    await using notes = await openNotes();
    const [a, b, c] = await Promise.allSettled([
      notes.writer.call('add', 'a'),
      notes.writer.call('addThenThrow', 'b'),
      notes.writer.call('add', 'c'),
    ]);
    assert.deepEqual([a.status, b.status, c.status], ['fulfilled', 'rejected', 'fulfilled']);
    assert.match(b.status === 'rejected' ? String(b.reason) : '', /no room for b/);
    assert.deepEqual(notes.texts(), ['a', 'c']);
    assert.deepEqual(notes.fatal, []);
  });

  it('syncs a batch, but not one of soft calls alone', async () => {
    await using notes = await openNotes();
    const [normal, full] = [1, 2];
    assert.equal(await notes.writer.call('synchronousSoftly', undefined), normal);
    assert.equal(await notes.writer.call('synchronous', undefined), full);
    const both = [notes.writer.call('synchronousSoftly', undefined), notes.writer.call('add', 'a')];
    assert.deepEqual(await Promise.all(both), [full, 1]);
    assert.equal(await notes.writer.call('synchronousSoftly', undefined), normal);
  });

  it('takes bytes without a copy', async () => {
    await using notes = await openNotes();
    const bytes = new Uint8Array(1_000);
    assert.equal(await notes.writer.call('sizeOf', bytes, [bytes.buffer]), 1_000);
    assert.equal(bytes.length, 0);
  });

  it('says that it cannot send what cannot be given away, and goes on', async () => {
    await using notes = await openNotes();
    const bytes = new Uint8Array(10);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    await assert.rejects(notes.writer.call('sizeOf', bytes, [bytes.buffer]), /DataCloneError|detached|transfer/i);
    assert.equal(await notes.writer.call('add', 'a'), 1);
  });

  it('keeps nothing of a batch that met a full disk, and goes on with the next', async () => {
    await using notes = await openNotes();
    await notes.writer.call('limitPages', 4);
    const results = await Promise.allSettled([
      notes.writer.call('add', 'small'),
      notes.writer.call('add', 'x'.repeat(100_000)),
    ]);
    for (const result of results)
      assert.ok(result.status === 'rejected' && result.reason instanceof DatabaseFullError, result.status);
    assert.deepEqual(notes.texts(), []);
    await notes.writer.call('add', 'small');
    assert.deepEqual(notes.texts(), ['small']);
    assert.deepEqual(notes.fatal, []);
  });

  it('answers nothing any more once a commit has failed, and says so once', async () => {
    await using notes = await openNotes();
    const calls = [notes.writer.call('add', 'a'), notes.writer.call('breakCommit', undefined)];
    const later = new Promise((resolve) => setImmediate(resolve)).then(() => notes.writer.call('add', 'b'));
    for (const result of await Promise.allSettled([...calls, later]))
      assert.ok(result.status === 'rejected' && result.reason instanceof DatabaseInDoubtError, result.status);
    await assert.rejects(notes.writer.call('addSoftly', 'c'), DatabaseInDoubtError);
    assert.deepEqual(notes.texts(), []);
    assert.equal(notes.fatal.length, 1);
  });

  it('writes what waits before it closes, and takes nothing after', async () => {
    await using notes = await openNotes();
    const calls = Array.from({ length: 700 }, (_, i) => notes.writer.call('addSoftly', `${i}`));
    await notes.writer[Symbol.asyncDispose]();
    assert.equal((await Promise.all(calls)).length, 700);
    assert.equal(notes.texts().length, 700);
    await assert.rejects(notes.writer.call('add', 'late'), /closed/);
  });

  it('does not open where there is no database to open', async () => {
    const module = new URL('./writer.fixture.ts', import.meta.url);
    const opening = Writer.open({ path: '/nonexistent/notes.db', module, onFatal: () => {} });
    await assert.rejects(opening, /unable to open/);
  });

  it('shares a thread with another, each with its own batches, failures and end', async () => {
    const thread = new WriterThread();
    await using one = await openNotes(thread);
    await using other = await openNotes(thread);
    const answers = await Promise.allSettled([
      one.writer.call('add', 'a'),
      other.writer.call('add', 'b'),
      one.writer.call('addThenThrow', 'c'),
      other.writer.call('breakCommit', undefined),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'rejected'],
    );
    assert.deepEqual([one.fatal.length, other.fatal.length], [0, 1]);
    await other.writer[Symbol.asyncDispose]();
    assert.equal(await one.writer.call('add', 'd'), 2);
    assert.deepEqual([one.texts(), other.texts()], [['a', 'd'], []]);
  });

  it('opens in a thread that was begun before, and ends it', async () => {
    await using thread = new WriterThread().begin();
    await using notes = await openNotes(thread);
    assert.equal(await notes.writer.call('add', 'a'), 1);
    await using unused = new WriterThread().begin();
    await unused[Symbol.asyncDispose]();
    assert.deepEqual(notes.texts(), ['a']);
  });

  it('opens beside one that cannot be opened, and again when the thread has ended', async () => {
    const thread = new WriterThread();
    const module = new URL('./writer.fixture.ts', import.meta.url);
    for (let time = 0; time < 2; time += 1) {
      await using notes = await openNotes(thread);
      const opening = Writer.open({ path: '/nonexistent/notes.db', module, thread, onFatal: () => {} });
      await assert.rejects(opening, { message: /unable to open/, code: 'ERR_SQLITE_ERROR' });
      assert.equal(await notes.writer.call('add', 'a'), 1);
    }
  });
});
