import assert from 'node:assert/strict';
import { mkdtempDisposable, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bytesContract, type OpenedBytes } from '../bytes.contract.ts';
import type { ByteStore, Locator, UploadId } from '../port.ts';
import { openFileBytes } from './bytes.ts';

async function openTemporary(): Promise<OpenedBytes & { readonly root: string }> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-bytes-'));
  const root = join(folder.path, 'deep', 'content');
  let store: ByteStore = await openFileBytes(root);
  return {
    store,
    root,
    async reopen() {
      await store[Symbol.asyncDispose]();
      store = await openFileBytes(root);
      return store;
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

bytesContract('files', openTemporary);

describe('bytes in files', () => {
  it('makes every shard before the first blob', async () => {
    await using opened = await openTemporary();
    assert.equal((await readdir(join(opened.root, 'blobs'))).length, 256);
  });

  it('leaves a file that strayed in alone', async () => {
    await using opened = await openTemporary();
    await writeFile(join(opened.root, 'blobs', '00', 'README.txt'), '');
    for await (const batch of opened.store.locators()) assert.fail(`listed ${batch.join()}`);
  });

  it('opens no file outside its tree', async () => {
    await using opened = await openTemporary();
    await assert.rejects(opened.store.open('../../secret' as Locator), /not a locator/);
    await assert.rejects(opened.store.createPart('../secret' as UploadId, 'sha256'), /upload id/);
    await assert.rejects(opened.store.removePart('..' as UploadId), /upload id/);
  });

  it('opens an upload once at a time', async () => {
    await using opened = await openTemporary();
    const id = 'upload-1' as UploadId;
    const part = await opened.store.createPart(id, 'sha256');
    await assert.rejects(opened.store.reopenPart(id, 'sha256'), /open already/);
    await part.suspend();
    const again = await opened.store.reopenPart(id, 'sha256');
    await again?.discard();
  });

  it('does not begin an upload over one that is there', async () => {
    await using opened = await openTemporary();
    const id = 'upload-1' as UploadId;
    await (await opened.store.createPart(id, 'sha256')).suspend();
    await assert.rejects(opened.store.createPart(id, 'sha256'), /EEXIST/);
  });
});
