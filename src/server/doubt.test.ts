import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { prepareDatabase } from '../sqlite/migrate.ts';
import { STATE_MIGRATIONS } from '../state/sqlite/schema.ts';
import { noteDoubt, settleDoubt } from './doubt.ts';

async function folderWithState() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-doubt-'));
  await mkdir(join(folder.path, 'run'));
  prepareDatabase(join(folder.path, 'state.db'), STATE_MIGRATIONS);
  return folder;
}

describe('a data directory that was left in doubt', () => {
  it('is used again when its databases are sound, and the doubt is forgotten', async () => {
    await using folder = await folderWithState();
    noteDoubt(folder.path);
    await settleDoubt(folder.path);
    await assert.rejects(stat(join(folder.path, 'run', 'in-doubt')), { code: 'ENOENT' });
  });

  it('is refused as long as one of them is damaged', async () => {
    await using folder = await folderWithState();
    await writeFile(join(folder.path, 'work.db'), Buffer.alloc(8192, 'x'));
    await settleDoubt(folder.path);
    noteDoubt(folder.path);
    for (let i = 0; i < 2; i++) await assert.rejects(settleDoubt(folder.path), { name: 'DatabaseDamagedError' });
  });

  it('is not read whole when nothing was left in doubt', async () => {
    await using folder = await folderWithState();
    await writeFile(join(folder.path, 'state.db'), 'no database');
    await settleDoubt(folder.path);
  });
});
