import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { prepareDatabase } from '../sqlite/migrate.ts';
import { epochOf, setEpoch } from '../state/sqlite/epoch.ts';
import { STATE_MIGRATIONS } from '../state/sqlite/schema.ts';
import { CONTENT_SCHEMA } from '../store/schema.ts';
import { makeBackup } from './make.ts';
import { restoreBackup } from './restore.ts';
import { noteUnfinished, UNFINISHED } from './unfinished.ts';

const ASIDE = 'before-restore-first';

/** A backup, and the data directory that it is of, with a higher epoch since. */
async function openData() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-restore-'));
  const [data, backup] = [join(folder.path, 'data'), join(folder.path, 'backup')];
  for (const name of ['trust', 'content']) await mkdir(join(data, name), { recursive: true });
  prepareDatabase(join(data, 'metadata.db'), CONTENT_SCHEMA);
  for (const name of ['state.db', 'directory.db', 'work.db']) prepareDatabase(join(data, name), STATE_MIGRATIONS);
  const keepBytes = async () => ({ [Symbol.dispose]: () => undefined });
  await makeBackup({ data, folder: backup, placing: 'link', nowMs: 0, keepBytes });
  setEpoch(join(data, 'state.db'), 50);
  return {
    data,
    restore: (replace = false) => restoreBackup({ data, folder: backup, placing: 'link', nowMs: 0, replace }),
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

describe('a restore that is done again after it was cut', () => {
  it('while it set things aside goes on with the same folder, and says which that is', async () => {
    await using opened = await openData();
    const { data } = opened;
    await noteUnfinished(data, { phase: 'setting aside', above: 50, setAside: ASIDE });
    await mkdir(join(data, ASIDE));
    await writeFile(join(data, ASIDE, 'contents.json'), 'moved before the cut');
    const { setAside, epoch } = await opened.restore();
    assert.equal(setAside, join(data, ASIDE));
    assert.equal(epochOf(join(data, ASIDE, 'state.db')), 50);
    assert.equal(await readFile(join(data, ASIDE, 'contents.json'), 'utf8'), 'moved before the cut');
    assert.deepEqual([epoch, epochOf(join(data, 'state.db'))], [51, 51]);
  });

  it('while it filled takes its own away, leaves aside what is aside, and is above the epoch that was there at first', async () => {
    await using opened = await openData();
    const { data } = opened;
    await opened.restore(true);
    await noteUnfinished(data, { phase: 'filling', above: 90, setAside: ASIDE });
    await writeFile(join(data, 'metadata.db'), 'half');
    const { setAside, epoch } = await opened.restore();
    assert.deepEqual([setAside, epoch], [join(data, ASIDE), 91]);
    assert.deepEqual((await readdir(data)).filter((name) => name.startsWith('before-restore-')).length, 1);
    assert.ok(!existsSync(join(data, UNFINISHED)));
  });

  it('that an earlier release had begun sets aside what it left', async () => {
    await using opened = await openData();
    const { data } = opened;
    await writeFile(join(data, UNFINISHED), '/backups/monday\n');
    const { setAside, epoch } = await opened.restore();
    assert.match(String(setAside), /before-restore-1970/);
    assert.equal(epoch, 51);
  });

  it('that never began needs to be told to replace what is there', async () => {
    await using opened = await openData();
    await assert.rejects(opened.restore(), { name: 'BackupError', message: /add --replace/ });
    assert.ok(!existsSync(join(opened.data, UNFINISHED)));
  });
});
