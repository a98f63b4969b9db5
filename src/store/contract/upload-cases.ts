import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Locator, RegistryUid, UploadId, UploadRecord } from '../port.ts';
import type { OpenMetadata } from './opened.ts';
import { keyOf, linkText } from './sample.ts';

const APP = keyOf('team/app');
const ID = 'upload-layer' as UploadId;
const UPLOAD: UploadRecord = { id: ID, repository: APP, algorithm: 'sha512', startedMs: 42 };

/** Upload sessions, and what becomes of bytes. */
export function uploadCases(open: OpenMetadata): void {
  it('keeps a session over a restart', async () => {
    await using opened = await open();
    await opened.store.startUpload(UPLOAD);
    const store = await opened.reopen();
    assert.deepEqual(await store.upload(APP, ID), UPLOAD);
    assert.deepEqual(await store.uploads(), [UPLOAD]);
  });

  it('shows a session to no other repository or registry', async () => {
    await using opened = await open();
    await opened.store.startUpload(UPLOAD);
    assert.equal(await opened.store.upload(keyOf('team/web'), ID), undefined);
    assert.equal(await opened.store.upload(keyOf('team/app', 'registry-2' as RegistryUid), ID), undefined);
  });

  it('makes no repository for a session', async () => {
    await using opened = await open();
    await opened.store.startUpload(UPLOAD);
    assert.equal(await opened.store.repository(APP), undefined);
  });

  it('ends a session with its link, or when told to', async () => {
    await using opened = await open();
    await opened.store.startUpload(UPLOAD);
    await linkText(opened.store, APP, 'layer');
    assert.equal(await opened.store.upload(APP, ID), undefined);
    await opened.store.startUpload(UPLOAD);
    await opened.store.endUpload(ID);
    assert.deepEqual(await opened.store.uploads(), []);
  });

  it('gives out the trash oldest first, until it is emptied', async () => {
    await using opened = await open();
    await linkText(opened.store, APP, 'layer', 'used');
    for (const spare of ['c', 'a', 'b']) await linkText(opened.store, APP, 'layer', spare);
    assert.deepEqual(await opened.store.trash(2), ['c', 'a']);
    await opened.store.emptyTrash(['c' as Locator]);
    assert.deepEqual(await opened.store.trash(2), ['a', 'b']);
  });

  it('knows the locators of blobs and of the trash, and no others', async () => {
    await using opened = await open();
    await linkText(opened.store, APP, 'layer', 'used');
    await linkText(opened.store, APP, 'layer', 'spare');
    const asked = ['used', 'spare', 'orphan'] as Locator[];
    assert.deepEqual(await opened.store.unknownLocators(asked), ['orphan']);
  });
}
