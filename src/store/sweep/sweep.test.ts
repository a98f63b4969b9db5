import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { keyOf } from '../contract/sample.ts';
import { openFileBytes } from '../file/bytes.ts';
import type { ByteStore, Locator, MetadataStore, UploadId } from '../port.ts';
import { openMetadata } from '../sqlite/metadata.ts';
import { type SweepContext, sweep, sweepAfterStart } from './sweep.ts';

const APP = keyOf('team/app');
const DAY_MS = 86_400_000;

interface Content extends AsyncDisposable {
  readonly metadata: MetadataStore;
  readonly bytes: ByteStore;
}

async function openContent(root: string): Promise<Content> {
  await using stack = new AsyncDisposableStack();
  const path = join(root, 'content.db');
  const metadata = stack.use(await openMetadata({ path, onFatal: (error) => assert.fail(error) }));
  const bytes = stack.use(await openFileBytes(join(root, 'content')));
  const opened = stack.move();
  return { metadata, bytes, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function contextOf(content: Content, rest: Partial<SweepContext> = {}): SweepContext {
  return { ...content, isOpen: () => false, nowMs: Date.now(), expiryMs: DAY_MS, ...rest };
}

async function upload(content: Content, id: string) {
  const part = await content.bytes.createPart(id as UploadId, 'sha256');
  const source = async function* () {
    yield Buffer.from(id);
  };
  await part.append(source(), 1_000);
  return part;
}

async function push(content: Content, text: string) {
  const part = await upload(content, text);
  const digest = await part.digest('sha256');
  const locator = await part.commit();
  const link = { repository: APP, digest, size: part.offset, locator, upload: text as UploadId, nowMs: 1 };
  await content.metadata.linkBlob(link);
  return { digest, locator };
}

async function start(content: Content, id: string, startedMs: number): Promise<void> {
  await content.metadata.startUpload({ id: id as UploadId, repository: APP, algorithm: 'sha256', startedMs });
}

async function exists(content: Content, locator: Locator): Promise<boolean> {
  await using reader = await content.bytes.open(locator);
  return reader !== undefined;
}

describe('the sweep', () => {
  it('removes the bytes of what nothing links any more, and forgets them', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-sweep-'));
    await using content = await openContent(folder.path);
    const gone = await push(content, 'gone');
    const kept = await push(content, 'kept');
    await content.metadata.unlinkBlob(APP, gone.digest);
    assert.equal((await sweep(contextOf(content))).trash, 1);
    assert.equal(await exists(content, gone.locator), false);
    assert.equal(await exists(content, kept.locator), true);
    assert.deepEqual(await content.metadata.trash(10), []);
    assert.equal((await sweep(contextOf(content))).trash, 0);
  });

  it('keeps in the trash what could not be removed, and removes the rest', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-sweep-'));
    await using content = await openContent(folder.path);
    const stuck = await push(content, 'stuck');
    const gone = await push(content, 'gone');
    for (const { digest } of [stuck, gone]) await content.metadata.unlinkBlob(APP, digest);
    const remove = async (locator: Locator) => {
      if (locator === stuck.locator) throw new Error('EIO');
      await content.bytes.remove(locator);
    };
    const bytes = Object.assign(Object.create(content.bytes) as ByteStore, { remove });
    await assert.rejects(sweep(contextOf(content, { bytes })), /EIO/);
    assert.deepEqual(await content.metadata.trash(10), [stuck.locator]);
    assert.equal(await exists(content, gone.locator), false);
  });

  it('removes after a start the bytes that were never linked, and those only', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-sweep-'));
    let orphan: Locator;
    let linked: Locator;
    {
      await using content = await openContent(folder.path);
      orphan = await (await upload(content, 'orphan')).commit();
      ({ locator: linked } = await push(content, 'linked'));
    }
    await using content = await openContent(folder.path);
    const committedNow = await (await upload(content, 'about-to-be-linked')).commit();
    assert.equal((await sweepAfterStart(contextOf(content))).orphans, 1);
    assert.equal(await exists(content, orphan), false);
    assert.equal(await exists(content, linked), true);
    assert.equal(await exists(content, committedNow), true);
  });

  it('gives up uploads that are idle or that no session owns, and keeps the others', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-sweep-'));
    await using content = await openContent(folder.path);
    const nowMs = Date.now();
    for (const id of ['fresh', 'open', 'unowned']) await (await upload(content, id)).suspend();
    await start(content, 'fresh', nowMs);
    await start(content, 'open', 1);
    await start(content, 'never-sent', 1);
    const isOpen = (id: UploadId) => id === 'open';
    assert.equal((await sweep(contextOf(content, { isOpen, nowMs }))).uploads, 2);
    assert.deepEqual(
      (await content.metadata.uploads()).map((session) => session.id),
      ['fresh', 'open'],
    );
    assert.equal((await sweep(contextOf(content, { isOpen, nowMs: nowMs + 2 * DAY_MS }))).uploads, 1);
    assert.deepEqual(
      (await content.metadata.uploads()).map((session) => session.id),
      ['open'],
    );
    assert.ok(await content.bytes.reopenPart('open' as UploadId, 'sha256'));
  });

  it('stops when it is told to', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-sweep-'));
    await using content = await openContent(folder.path);
    const { digest, locator } = await push(content, 'gone');
    await content.metadata.unlinkBlob(APP, digest);
    const signal = AbortSignal.abort(new Error('the server stops'));
    await assert.rejects(sweep(contextOf(content, { signal })), /the server stops/);
    assert.equal(await exists(content, locator), true);
  });
});
