import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { RepositoryName } from '../oci/reference.ts';
import { openFileBytes } from '../store/file/bytes.ts';
import type { RegistryUid, RepositoryKey } from '../store/port.ts';
import { openMetadata } from '../store/sqlite/metadata.ts';
import { UploadSessions } from './upload-sessions.ts';

const NOW = Date.UTC(2026, 0, 1);
const OURS: RepositoryKey = { registry: 'uid-1' as RegistryUid, name: 'app' as RepositoryName };
const THEIRS: RepositoryKey = { registry: 'uid-2' as RegistryUid, name: 'app' as RepositoryName };

/** The sessions over real stores in a folder of their own; `restarted` are those of the next process. */
async function openSessions() {
  await using stack = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'seawall-uploads-'));
  stack.defer(() => rm(root, { recursive: true }));
  const bytes = stack.use(await openFileBytes(join(root, 'content')));
  const onFatal = (error: unknown): never => {
    throw error;
  };
  const metadata = stack.use(await openMetadata({ path: join(root, 'metadata.db'), cacheBytes: 0, onFatal }));
  const all: UploadSessions[] = [];
  stack.defer(async () => {
    for (const sessions of all) await sessions.close();
  });
  const open = (): UploadSessions => {
    const sessions = new UploadSessions(metadata, bytes);
    all.push(sessions);
    return sessions;
  };
  const kept = stack.move();
  return {
    sessions: open(),
    async restarted() {
      await all.at(-1)?.close();
      return open();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

describe('the upload sessions', () => {
  it('give a session to one request at a time', async () => {
    await using scene = await openSessions();
    const { sessions } = scene;
    const id = await sessions.start(OURS, 'sha256', NOW);
    assert.equal((await sessions.take(OURS, id)).kind, 'taken');
    assert.deepEqual(await sessions.take(OURS, id), { kind: 'busy', offset: 0 });
    sessions.release(id);
    assert.equal((await sessions.take(OURS, id)).kind, 'taken');
  });

  it('give it to one request alone when many find it closed', async () => {
    await using scene = await openSessions();
    const id = await scene.sessions.start(OURS, 'sha256', NOW);
    const sessions = await scene.restarted();
    const taken = await Promise.all(Array.from({ length: 8 }, () => sessions.take(OURS, id)));
    assert.equal(taken.filter(({ kind }) => kind === 'taken').length, 1);
    assert.equal(sessions.openCount, 1);
  });

  it('give it to its repository though another asks for it at the same time, and first', async () => {
    await using scene = await openSessions();
    const id = await scene.sessions.start(OURS, 'sha256', NOW);
    const sessions = await scene.restarted();
    const [theirs, ours, again] = await Promise.all([
      sessions.offset(THEIRS, id),
      sessions.offset(OURS, id),
      sessions.offset(THEIRS, id),
    ]);
    assert.deepEqual([theirs, ours, again], [undefined, 0, undefined]);
  });

  it('go on in the next process with the bytes they have', async () => {
    await using scene = await openSessions();
    const id = await scene.sessions.start(OURS, 'sha256', NOW);
    const taken = await scene.sessions.take(OURS, id);
    assert.ok(taken.kind === 'taken');
    await taken.part.append(pieces('hello'), 100);
    const sessions = await scene.restarted();
    assert.equal(await sessions.offset(OURS, id), 5);
    const next = await sessions.take(OURS, id);
    assert.ok(next.kind === 'taken');
    await sessions.discard(id);
    assert.deepEqual(await sessions.take(OURS, id), { kind: 'unknown' });
  });

  it('keep at most 512 files open, also of those that an earlier process began, and lose none', async () => {
    await using scene = await openSessions();
    const ids = await Promise.all(Array.from({ length: 520 }, () => scene.sessions.start(OURS, 'sha256', NOW)));
    assert.ok(scene.sessions.openCount <= 512, `${scene.sessions.openCount} are open`);
    const sessions = await scene.restarted();
    for (const id of ids) assert.equal(await sessions.offset(OURS, id), 0);
    assert.ok(sessions.openCount <= 512, `${sessions.openCount} are open again`);
  });
});
