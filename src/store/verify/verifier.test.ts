import assert from 'node:assert/strict';
import { readdir, mkdtempDisposable, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { keyOf, sha256, tagOf, toPut } from '../contract/sample.ts';
import { openFileBytes } from '../file/bytes.ts';
import { type LinkedBlob, NoSpaceError, type UploadId } from '../port.ts';
import { openMetadata } from '../sqlite/metadata.ts';
import { type Damage, Verifier } from './verifier.ts';
import { verifyAll } from './verify.ts';

const APP = keyOf('team/app');
const LARGE = 'many bytes '.repeat(1_000_000);

/** A store with one blob of an earlier process, and what was found damaged. */
async function openScene(text: string, { checksReads = true } = {}) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'seawall-verify-')));
  const metadata = stack.use(
    await openMetadata({ path: join(folder.path, 'content.db'), onFatal: (error) => assert.fail(error) }),
  );
  const push = async (bytes: Awaited<ReturnType<typeof openFileBytes>>, id: string) => {
    const part = await bytes.createPart(id as UploadId, 'sha256');
    const source = async function* () {
      yield Buffer.from(text);
    };
    await part.append(source(), Number.MAX_SAFE_INTEGER);
    const size = part.offset;
    const link = { repository: APP, digest: sha256(text), size, locator: await part.commit() };
    await metadata.linkBlob({ ...link, upload: id as UploadId, nowMs: 1 });
    await bytes.removePart(id as UploadId);
  };
  {
    await using earlier = await openFileBytes(join(folder.path, 'content'));
    await push(earlier, 'earlier');
  }
  const bytes = stack.use(await openFileBytes(join(folder.path, 'content')));
  const found: Damage[] = [];
  const onDamage = (_: unknown, damage: Damage): void => void found.push(damage);
  const verifier = new Verifier({ metadata, bytes, checksReads, onDamage });
  const blob = async (): Promise<LinkedBlob> => {
    const linked = await metadata.blob(APP, sha256(text));
    assert.ok(linked);
    return linked;
  };
  const guarded = async (whole: boolean) => {
    const linked = await blob();
    const reader = await bytes.open(linked.locator);
    assert.ok(reader);
    return verifier.guard(linked, reader, whole);
  };
  const opened = stack.move();
  return {
    metadata,
    bytes,
    verifier,
    found,
    blob,
    guarded,
    pushAgain: () => push(bytes, 'again'),
    names: (folderName: string) => readdir(join(folder.path, 'content', folderName), { recursive: true }),
    /** Changes one byte of the blob's file, or its length. */
    async damage(change: (file: Awaited<ReturnType<typeof open>>) => Promise<unknown>) {
      const { locator } = await blob();
      const path = join(folder.path, 'content', 'blobs', locator.slice(-3, -1), locator);
      await using file = await open(path, 'r+');
      await change(file);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const flip = (file: Awaited<ReturnType<typeof open>>) => file.write('X', 3);

describe('a blob that an earlier process wrote', () => {
  it('is served when it is sound, and hashed once', async () => {
    await using scene = await openScene('text');
    for (let i = 0; i < 2; i++) {
      await using reader = await scene.guarded(true);
      const buffer = Buffer.alloc(10);
      assert.equal(await reader?.read(buffer, 0), 4);
    }
    await scene.damage(flip);
    await using reader = await scene.guarded(true);
    assert.ok(reader, 'it was found sound before, and the next check finds the damage');
    assert.equal(await scene.verifier.check(await scene.blob()), 'another digest');
  });

  it('is served to nobody when a byte of it is another, and is absent from then on', async () => {
    await using scene = await openScene('text');
    await scene.damage(flip);
    assert.equal(await scene.guarded(true), undefined);
    assert.deepEqual(scene.found, ['another digest']);
    assert.equal(await scene.metadata.blob(APP, sha256('text')), undefined);
    assert.equal((await scene.names('quarantine')).length, 1);
  });

  it('is closed when there is no room to mark it: a file that is collected open ends the process', async () => {
    await using scene = await openScene('text');
    await scene.damage(flip);
    const full = new NoSpaceError('full');
    const metadata = { markDamaged: () => Promise.reject(full), markSound: () => Promise.reject(full) };
    const verifier = new Verifier({ metadata, bytes: scene.bytes, checksReads: true, onDamage: () => undefined });
    const blob = await scene.blob();
    await using reader = await scene.bytes.open(blob.locator);
    assert.ok(reader);
    let closed = false;
    const told = { ...reader, [Symbol.asyncDispose]: async () => void (closed = true) };
    await assert.rejects(verifier.guard(blob, told, true), full);
    assert.ok(closed);
  });

  it('is never served to its last byte when it is large and damaged', async () => {
    await using scene = await openScene(LARGE);
    await scene.damage(flip);
    await using reader = await scene.guarded(true);
    assert.ok(reader);
    const buffer = Buffer.alloc(1024 * 1024);
    assert.equal(await reader.read(buffer, 0), buffer.length);
    await assert.rejects(reader.read(buffer, LARGE.length - 10), { name: 'DamagedBlobError' });
  });

  it('is served to its last byte when it is large and sound', async () => {
    await using scene = await openScene(LARGE);
    await using reader = await scene.guarded(true);
    assert.equal(await reader?.read(Buffer.alloc(100), LARGE.length - 10), 10);
  });

  it('is checked before a part of it is served, however large', async () => {
    await using scene = await openScene(LARGE);
    await scene.damage(flip);
    assert.equal(await scene.guarded(false), undefined);
  });

  it('is served to nobody when it is shorter than it was', async () => {
    await using scene = await openScene('text');
    await scene.damage((file) => file.truncate(2));
    assert.equal(await scene.guarded(true), undefined);
    assert.deepEqual(scene.found, ['another size']);
  });

  it('is not hashed where reads are not checked', async () => {
    await using scene = await openScene('text', { checksReads: false });
    await scene.damage(flip);
    await using reader = await scene.guarded(true);
    assert.ok(reader);
  });

  it('is healed by a push of the same bytes', async () => {
    await using scene = await openScene('text');
    await scene.damage(flip);
    await scene.guarded(true);
    await scene.pushAgain();
    await using reader = await scene.guarded(true);
    assert.ok(reader);
    assert.deepEqual(await scene.metadata.trash(10), (await scene.names('quarantine')).toSorted());
  });
});

describe('a verification of everything', () => {
  it('finds nothing where everything is sound, and tells how far it has come', async () => {
    await using scene = await openScene('text');
    await scene.metadata.putManifest(toPut(APP, { config: sha256('text') }));
    const seen: number[] = [];
    const report = await verifyAll({ ...scene, progress: ({ blobs }) => void seen.push(blobs) });
    const sums = { blobs: 1, bytes: 4, totalBlobs: 1, totalBytes: 4, manifests: 1, mended: 0 };
    assert.deepEqual(report, { ...sums, damaged: [], damagedManifests: [] });
    assert.deepEqual(seen, [0, 1]);
  });

  it('tells what is damaged and what names it, and goes on', async () => {
    await using scene = await openScene('text');
    const image = toPut(APP, { config: sha256('text'), tags: ['v1'] });
    await scene.metadata.putManifest(image);
    await scene.damage(flip);
    const report = await verifyAll(scene);
    const users = [{ repository: APP, manifest: image.digest, tags: [tagOf('v1')] }];
    assert.deepEqual(report.damaged, [{ digest: sha256('text'), size: 4, damage: 'another digest', users }]);
    assert.equal((await verifyAll(scene)).damaged.length, 1);
  });

  it('tells of bytes that are missing', async () => {
    await using scene = await openScene('text');
    await scene.bytes.remove((await scene.blob()).locator);
    assert.deepEqual(
      (await verifyAll(scene)).damaged.map(({ damage }) => damage),
      ['missing'],
    );
  });

  it('takes back what it said of bytes that turn out to be sound', async () => {
    await using scene = await openScene('text');
    const { locator } = await scene.blob();
    await scene.metadata.markDamaged(sha256('text'), locator);
    await scene.bytes.quarantine(locator);
    const report = await verifyAll(scene);
    assert.deepEqual([report.mended, report.damaged], [1, []]);
    await using reader = await scene.guarded(true);
    assert.ok(reader);
  });
});
