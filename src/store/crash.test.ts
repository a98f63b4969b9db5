import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FIRST, PUSHED, REST, type Step, UPLOAD } from './crash-push.fixture.ts';
import { openFileBytes } from './file/bytes.ts';
import type { ByteStore, Locator, MetadataStore } from './port.ts';
import { openMetadata } from './sqlite/metadata.ts';
import { sweepAfterStart } from './sweep/sweep.ts';

/** What must be found after a crash at each step: the bytes of the upload that are left, or whether bytes are orphaned. */
type Left =
  | { readonly kind: 'resumable'; readonly bytes: number }
  | { readonly kind: 'resumable-and-orphan' }
  | { readonly kind: 'visible' }
  | { readonly kind: 'resumable-or-visible' };

const WHOLE = FIRST.length + REST.length;

const ROWS: readonly (readonly [step: Step, left: Left])[] = [
  ['session', { kind: 'resumable', bytes: 0 }],
  ['half', { kind: 'resumable', bytes: FIRST.length }],
  ['whole', { kind: 'resumable', bytes: WHOLE }],
  ['synced', { kind: 'resumable', bytes: WHOLE }],
  ['named', { kind: 'resumable-and-orphan' }],
  ['committed', { kind: 'resumable-and-orphan' }],
  ['linking', { kind: 'resumable-or-visible' }],
  ['linked', { kind: 'visible' }],
  ['removed', { kind: 'visible' }],
];

interface Content extends AsyncDisposable {
  readonly metadata: MetadataStore;
  readonly bytes: ByteStore;
}

async function reopen(root: string): Promise<Content> {
  await using stack = new AsyncDisposableStack();
  const onFatal = (error: Error) => assert.fail(error);
  const metadata = stack.use(await openMetadata({ path: join(root, 'content.db'), onFatal }));
  const bytes = stack.use(await openFileBytes(join(root, 'content')));
  const opened = stack.move();
  return { metadata, bytes, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function killAt(root: string, step: Step): Promise<void> {
  const script = fileURLToPath(new URL('./crash.fixture.ts', import.meta.url));
  const child = spawn(process.execPath, [script, root, step], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [said] = await Promise.race([once(child.stdout, 'data'), exited]);
  assert.equal(String(said), 'stopped\n');
  child.kill('SIGKILL');
  await exited;
}

describe('after kill -9 of a push', () => {
  for (const [step, left] of ROWS)
    it(`at the step "${step}" nothing is half visible, and the push can be made whole`, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-crash-'));
      await killAt(folder.path, step);
      await using content = await reopen(folder.path);
      await check(content, left);
      assert.equal((await sweep(content)).orphans, 0, 'a second sweep finds nothing');
      await pushAgain(content);
      await checkVisible(content);
    });
});

async function check(content: Content, left: Left): Promise<void> {
  const visible = (await content.metadata.blob(UPLOAD.repository, PUSHED)) !== undefined;
  const session = await content.metadata.upload(UPLOAD.repository, UPLOAD.id);
  assert.equal(visible, session === undefined, 'the session ends when the blob becomes visible, not before');
  switch (left.kind) {
    case 'resumable':
      assert.equal(visible, false);
      return checkResumable(content, left);
    case 'resumable-and-orphan':
      assert.equal(visible, false);
      return checkResumable(content, { bytes: WHOLE, orphans: 1 });
    case 'visible':
      assert.equal(visible, true);
      return checkVisible(content);
    case 'resumable-or-visible':
      return visible ? checkVisible(content) : checkResumable(content, { bytes: WHOLE, orphans: 1 });
  }
}

async function checkResumable(
  content: Content,
  { bytes, orphans = 0 }: { readonly bytes: number; readonly orphans?: number },
): Promise<void> {
  assert.equal((await sweep(content)).orphans, orphans);
  const part = await content.bytes.reopenPart(UPLOAD.id, UPLOAD.algorithm);
  assert.equal(part?.offset ?? 0, bytes);
  await part?.suspend();
}

async function checkVisible({ metadata, bytes }: Content): Promise<void> {
  const blob = await metadata.blob(UPLOAD.repository, PUSHED);
  assert.ok(blob);
  await using reader = await bytes.open(blob.locator);
  assert.ok(reader);
  assert.equal(reader.size, WHOLE);
  const whole = Buffer.alloc(WHOLE);
  for (let position = 0; position < WHOLE; ) position += await reader.read(whole.subarray(position), position);
  assert.ok(whole.equals(Buffer.concat([FIRST, REST])));
}

/** Goes on with the upload where it is, or makes it anew. */
async function pushAgain({ metadata, bytes }: Content): Promise<void> {
  const { id, algorithm, repository } = UPLOAD;
  const part = (await bytes.reopenPart(id, algorithm)) ?? (await bytes.createPart(id, algorithm));
  const missing = async function* () {
    yield Buffer.concat([FIRST, REST]).subarray(part.offset);
  };
  await part.append(missing(), WHOLE);
  assert.equal(await part.digest(algorithm), PUSHED);
  const locator: Locator = await part.commit();
  await metadata.linkBlob({ repository, digest: PUSHED, size: part.offset, locator, upload: id, nowMs: 3 });
}

function sweep(content: Content) {
  const nowMs = Date.now();
  return sweepAfterStart({ ...content, isOpen: () => false, nowMs, expiryMs: nowMs });
}
