import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runBatch } from './batch.ts';
import { checkpoint } from './checkpoint.ts';
import { Database } from './database.ts';
import { faultOf } from './fault.ts';
import { prepareDatabase } from './migrate.ts';
import { NOTES_SCHEMA, operations } from './writer.fixture.ts';

async function openNotes() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-batch-'));
  const path = join(folder.path, 'notes.db');
  prepareDatabase(path, NOTES_SCHEMA);
  const database = new Database(path, 'write');
  database.useWriteAheadLog();
  return {
    path,
    database,
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]();
      await folder.remove();
    },
  };
}

function sqliteError(errcode: number): Error {
  return Object.assign(new Error('from SQLite'), { errcode });
}

describe('a batch', () => {
  it('fails a call that names no operation, and runs the others', async () => {
    await using notes = await openNotes();
    const calls = [
      { name: 'nonsense', argument: 1 },
      { name: 'add', argument: 'a' },
    ];
    const outcome = runBatch(notes.database, operations, calls);
    assert.ok(outcome.kind === 'committed');
    assert.deepEqual(
      outcome.answers.map((answer) => answer.kind),
      ['failed', 'done'],
    );
  });

  it('is in doubt when SQLite reports an I/O error in the middle, not when no descriptor is left or a statement is wrong', async () => {
    await using notes = await openNotes();
    const throwing = (error: Error) => ({
      ...operations,
      fail: {
        run: () => {
          throw error;
        },
      },
    });
    const calls = [
      { name: 'add', argument: 'a' },
      { name: 'fail', argument: undefined },
    ];
    const ioError = 10 | (4 << 8);
    assert.equal(runBatch(notes.database, throwing(sqliteError(ioError)), calls).kind, 'in-doubt');
    assert.equal(notes.database.inTransaction, false);
    assert.deepEqual(notes.database.all('SELECT * FROM note'), []);
    const noDescriptor = 14;
    assert.equal(runBatch(notes.database, throwing(sqliteError(noDescriptor)), calls).kind, 'files');
    assert.deepEqual(notes.database.all('SELECT * FROM note'), []);
    assert.equal(runBatch(notes.database, throwing(sqliteError(19)), calls).kind, 'committed');
  });
});

describe('a batch while another program keeps the database', () => {
  it('is undone and not in doubt, and the next one is written', async () => {
    await using notes = await openNotes();
    const calls = [{ name: 'add', argument: 'a' }];
    notes.database.exec('PRAGMA busy_timeout = 0');
    {
      using other = new Database(notes.path, 'write');
      other.exec('BEGIN IMMEDIATE');
      assert.equal(runBatch(notes.database, operations, calls).kind, 'busy');
      assert.equal(notes.database.inTransaction, false);
      other.exec('ROLLBACK');
    }
    assert.equal(runBatch(notes.database, operations, calls).kind, 'committed');
  });
});

describe('what an error means', () => {
  it('tells a full disk from one that others keep, from a faulty one and from a statement', () => {
    assert.equal(faultOf(sqliteError(13)), 'full');
    assert.equal(faultOf(sqliteError(14)), 'files');
    assert.equal(faultOf(sqliteError(5)), 'busy');
    assert.equal(faultOf(sqliteError(10 | (3 << 8))), 'database');
    assert.equal(faultOf(sqliteError(11)), 'database');
    assert.equal(faultOf(sqliteError(5)), 'busy');
    assert.equal(faultOf(sqliteError(19)), 'statement');
    assert.equal(faultOf(new TypeError('13')), 'statement');
  });
});

describe('a checkpoint', () => {
  const waiting = (database: Database) => {
    const state = database.get<{ log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)');
    return state === undefined ? 0 : state.log - state.checkpointed;
  };

  it('moves the log once it is longer than allowed, not before', async () => {
    await using notes = await openNotes();
    runBatch(notes.database, operations, [{ name: 'add', argument: 'x'.repeat(50_000) }]);
    const pages = waiting(notes.database);
    assert.ok(pages > 10);
    checkpoint(notes.database, pages);
    assert.equal(waiting(notes.database), pages);
    checkpoint(notes.database, pages - 1);
    assert.equal(waiting(notes.database), 0);
  });
});
