import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Database } from '../sqlite/database.ts';
import { prepareDatabase } from '../sqlite/migrate.ts';
import { STATE_MIGRATIONS } from '../state/sqlite/schema.ts';
import { CONTENT_SCHEMA } from '../store/schema.ts';
import { makeBackup } from './make.ts';

/** A data directory with a key; the first `rotations` copies see it replaced. */
async function openData(rotations: number) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-backup-'));
  const data = join(folder.path, 'data');
  for (const name of ['trust', 'content']) await mkdir(join(data, name), { recursive: true });
  prepareDatabase(join(data, 'metadata.db'), CONTENT_SCHEMA);
  for (const name of ['state.db', 'directory.db', 'work.db']) prepareDatabase(join(data, name), STATE_MIGRATIONS);
  const key = join(data, 'trust', 'secret.key');
  await writeFile(key, 'key 0');
  let copies = 0;
  // Asked once before each database: the first of each copy replaces the key.
  const signal = Object.assign(new AbortController().signal, {
    throwIfAborted: () => {
      const [round, database] = [Math.floor(copies / 4), copies % 4];
      copies += 1;
      if (database !== 1 || round >= rotations) return;
      using directory = new Database(join(data, 'directory.db'), 'write');
      directory.run('UPDATE generation SET epoch = epoch + 1');
      writeFileSync(key, `key ${round + 1}`);
    },
  });
  const backup = join(folder.path, 'backup');
  const keepBytes = async () => ({ [Symbol.dispose]: () => undefined });
  return {
    backup,
    make: () => makeBackup({ data, folder: backup, placing: 'link', nowMs: 0, keepBytes, signal }),
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

describe('a backup while keys are replaced', () => {
  it('has databases and keys that belong together', async () => {
    await using opened = await openData(2);
    await opened.make();
    assert.equal(await readFile(join(opened.backup, 'trust', 'secret.key'), 'utf8'), 'key 2');
    using directory = new Database(join(opened.backup, 'directory.db'), 'read');
    assert.equal(directory.get<{ epoch: number }>('SELECT epoch FROM generation')?.epoch, 3);
  });

  it('is given up when they are replaced without end', async () => {
    await using opened = await openData(100);
    await assert.rejects(opened.make(), { name: 'BackupError', message: /replaced again and again/ });
  });
});
