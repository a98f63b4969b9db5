import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type DigestAlgorithm, digestOf } from '../oci/digest.ts';
import { type ByteStore, type KeptPart, type Locator, type Part, PartTooLargeError, type UploadId } from './port.ts';

/** A store made for one case; disposing of it closes it and removes its data. */
export interface OpenedBytes extends AsyncDisposable {
  readonly store: ByteStore;
  /** Closes the store and opens it again on the same data; disposing then closes the new one. */
  reopen(): Promise<ByteStore>;
}

const ID = 'upload-1' as UploadId;
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** What every {@link ByteStore} does. `open` makes an empty one; it is closed and removed after each case. */
export function bytesContract(name: string, open: () => Promise<OpenedBytes>): void {
  describe(`bytes in ${name}`, () => {
    describe('a part', () => partCases(open));
    describe('an upload cut short', () => interruptionCases(open));
    describe('a blob', () => blobCases(open));
  });
}

function partCases(open: () => Promise<OpenedBytes>): void {
  it('keeps and hashes what is appended, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 5 }), { maxLength: 4 }),
        async (appends) => {
          await using opened = await open();
          const part = await opened.store.createPart(ID, 'sha256');
          for (const chunks of appends) await part.append(from(chunks), NO_LIMIT);
          const whole = Buffer.concat(appends.flat());
          assert.equal(part.offset, whole.length);
          assert.equal(await part.digest('sha256'), hashOf('sha256', whole));
          assert.deepEqual(await readAll(opened.store, await part.commit()), whole);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('keeps several batches in their order', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    const chunks = Array.from({ length: 90 }, () => randomBytes(65_536));
    const whole = Buffer.concat(chunks);
    await part.append(from(chunks), NO_LIMIT);
    assert.equal(await part.digest('sha256'), hashOf('sha256', whole));
    assert.ok((await readAll(opened.store, await part.commit())).equals(whole));
  });

  it('gives memory back that it has done with, to be used again', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    const free: Uint8Array[] = Array.from({ length: 8 }, () => new Uint8Array(new SharedArrayBuffer(512 * 1024)));
    const taken: Buffer[] = [];
    let room = Promise.withResolvers<void>();
    const source = {
      async *[Symbol.asyncIterator]() {
        for (let i = 0; i < 40; i++) {
          if (free.length === 0) await (room = Promise.withResolvers<void>()).promise;
          const slot = free.pop();
          assert.ok(slot);
          taken.push(randomBytes(slot.length));
          slot.set(taken.at(-1) ?? []);
          yield slot;
        }
      },
      recycle(chunks: readonly Uint8Array[]) {
        for (const chunk of chunks) free.push(chunk.fill(0));
        room.resolve();
      },
    };
    await part.append(source, NO_LIMIT);
    const whole = Buffer.concat(taken);
    assert.equal(await part.digest('sha256'), hashOf('sha256', whole));
    assert.ok((await readAll(opened.store, await part.commit())).equals(whole));
    assert.equal(free.length, 8);
  });

  it('takes thousands of single bytes', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    const whole = randomBytes(3_001);
    await part.append(from(Array.from(whole, (byte) => Buffer.from([byte]))), NO_LIMIT);
    assert.deepEqual(await readAll(opened.store, await part.commit()), whole);
  });

  it('gives the digest of another algorithm too, and goes on after', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    await part.append(from([Buffer.from('ab')]), NO_LIMIT);
    assert.equal(await part.digest('sha512'), hashOf('sha512', Buffer.from('ab')));
    await part.append(from([Buffer.from('c')]), NO_LIMIT);
    assert.equal(await part.digest('sha256'), hashOf('sha256', Buffer.from('abc')));
    await part.discard();
  });

  it('may be empty', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    assert.equal(await part.digest('sha256'), hashOf('sha256', Buffer.alloc(0)));
    assert.equal((await readAll(opened.store, await part.commit())).length, 0);
  });

  it('takes exactly the largest size', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    await part.append(from([Buffer.alloc(5)]), 10);
    await part.append(from([Buffer.alloc(5)]), 10);
    assert.equal(part.offset, 10);
    await part.discard();
  });

  it('refuses one byte more', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    await part.append(from([Buffer.alloc(5)]), 10);
    await assert.rejects(part.append(from([Buffer.alloc(6)]), 10), PartTooLargeError);
    await part.discard();
  });

  it('stops reading a source that never ends', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    let closed = false;
    const endless = async function* () {
      try {
        while (true) yield Buffer.alloc(65_536);
      } finally {
        closed = true;
      }
    };
    await assert.rejects(part.append(endless(), 4 * 1024 * 1024), PartTooLargeError);
    assert.equal(closed, true);
    await part.discard();
  });

  it('leaves nothing when it is discarded', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    await part.append(from([Buffer.from('abc')]), NO_LIMIT);
    await part.discard();
    assert.deepEqual(await partIds(opened.store), []);
    assert.equal(await opened.store.reopenPart(ID, 'sha256'), undefined);
  });

  it('is whole in the upload too after its commit, until that is removed; the blob does not go with it', async () => {
    await using opened = await open();
    const locator = await commitText(opened.store, 'abc', ID);
    const store = await opened.reopen();
    const part = await reopened(store);
    assert.equal(part.offset, 3);
    await part.suspend();
    await store.removePart(ID);
    assert.deepEqual(await partIds(store), []);
    assert.equal((await readAll(store, locator)).toString(), 'abc');
  });

  it('takes nothing once it has ended', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    await part.commit();
    await assert.rejects(part.append(from([Buffer.from('a')]), NO_LIMIT));
    await assert.rejects(part.commit());
  });
}

function interruptionCases(open: () => Promise<OpenedBytes>): void {
  it('keeps what arrived before the source failed, and throws its error', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    const failing = async function* () {
      yield Buffer.from('abc');
      throw new Error('the client went away');
    };
    await assert.rejects(part.append(failing(), NO_LIMIT), /the client went away/);
    assert.equal(part.offset, 3);
    await part.append(from([Buffer.from('def')]), NO_LIMIT);
    assert.equal((await readAll(opened.store, await part.commit())).toString(), 'abcdef');
  });

  it('goes on after it was suspended', async () => {
    await using opened = await open();
    await appendAndLeave(opened.store, 'abc');
    const part = await reopened(opened.store);
    assert.equal(part.offset, 3);
    await part.append(from([Buffer.from('def')]), NO_LIMIT);
    assert.equal(await part.digest('sha512'), hashOf('sha512', Buffer.from('abcdef')));
    assert.equal((await readAll(opened.store, await part.commit())).toString(), 'abcdef');
  });

  it('goes on after a restart, its bytes read anew', async () => {
    await using opened = await open();
    await appendAndLeave(opened.store, 'abc');
    const store = await opened.reopen();
    assert.deepEqual(await partIds(store), [ID]);
    const part = await reopened(store);
    assert.equal(await part.digest('sha512'), hashOf('sha512', Buffer.from('abc')));
    await part.discard();
  });

  it('is not reopened when it never was', async () => {
    await using opened = await open();
    assert.equal(await opened.store.reopenPart(ID, 'sha256'), undefined);
  });

  it('is shown open while it is, with the time of its last byte', async () => {
    await using opened = await open();
    const part = await opened.store.createPart(ID, 'sha256');
    await part.append(from([Buffer.from('abc')]), NO_LIMIT);
    assert.deepEqual(
      (await allParts(opened.store)).map((kept) => kept.open),
      [true],
    );
    await part.suspend();
    const [kept] = await allParts(opened.store);
    assert.equal(kept?.open, false);
    assert.ok(Math.abs(kept.touchedMs - Date.now()) < 3_600_000, 'in ms since the epoch');
  });

  it('is removed by its id, twice without complaint', async () => {
    await using opened = await open();
    await appendAndLeave(opened.store, 'abc');
    await opened.store.removePart(ID);
    await opened.store.removePart(ID);
    assert.deepEqual(await partIds(opened.store), []);
  });
}

function blobCases(open: () => Promise<OpenedBytes>): void {
  it('is read from any position, and ends where it ends', async () => {
    await using opened = await open();
    await using reader = await opened.store.open(await commitText(opened.store, 'abcdef'));
    assert.ok(reader);
    assert.equal(reader.size, 6);
    const buffer = Buffer.alloc(4);
    assert.equal(await reader.read(buffer, 3), 3);
    assert.equal(buffer.toString('utf8', 0, 3), 'def');
    assert.equal(await reader.read(buffer, 6), 0);
  });

  it('has a locator of its own even when its bytes are those of another', async () => {
    await using opened = await open();
    const first = await commitText(opened.store, 'abc');
    const second = await commitText(opened.store, 'abc', 'upload-second');
    assert.notEqual(first, second);
    await opened.store.remove(first);
    assert.equal((await readAll(opened.store, second)).toString(), 'abc');
  });

  it('is gone when removed, twice without complaint', async () => {
    await using opened = await open();
    const locator = await commitText(opened.store, 'abc');
    await opened.store.remove(locator);
    await opened.store.remove(locator);
    assert.equal(await opened.store.open(locator), undefined);
  });

  it('is read to its end by whoever has it open when it is removed', async () => {
    await using opened = await open();
    const locator = await commitText(opened.store, 'abc');
    await using reader = await opened.store.open(locator);
    await opened.store.remove(locator);
    const buffer = Buffer.alloc(3);
    assert.equal(await reader?.read(buffer, 0), 3);
    assert.equal(buffer.toString(), 'abc');
  });

  it('is hashed where it is kept, by either algorithm', async () => {
    await using opened = await open();
    const text = 'many bytes '.repeat(300_000);
    const bytes = Buffer.from(text);
    const locator = await commitText(opened.store, text);
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const hashed = { digest: hashOf(algorithm, bytes), size: bytes.length };
      assert.deepEqual(await opened.store.digest(locator, algorithm), hashed);
    }
    await opened.store.remove(locator);
    assert.equal(await opened.store.digest(locator, 'sha256'), undefined);
  });

  it('is of the process that committed it, not of the next', async () => {
    await using opened = await open();
    const locator = await commitText(opened.store, 'blob');
    assert.equal(opened.store.isOfThisProcess(locator), true);
    const store = await opened.reopen();
    assert.equal(store.isOfThisProcess(locator), false);
  });

  it('is not opened once it is set aside, and is again when it was put back', async () => {
    await using opened = await open();
    const { store } = opened;
    const locator = await commitText(store, 'blob');
    for (let i = 0; i < 2; i++) await store.quarantine(locator);
    assert.equal(await store.open(locator), undefined);
    for (let i = 0; i < 2; i++) await store.release(locator);
    assert.deepEqual(await readAll(store, locator), Buffer.from('blob'));
    await store.quarantine(locator);
    await store.remove(locator);
    await store.release(locator);
    assert.equal(await store.open(locator), undefined);
  });

  it('is listed once another opening made it, not by its own', async () => {
    await using opened = await open();
    const committed = await Promise.all(
      Array.from({ length: 40 }, (_, i) => commitText(opened.store, `${i}`, `u${i}`)),
    );
    assert.deepEqual(await allLocators(opened.store), []);
    const store = await opened.reopen();
    await commitText(store, 'new');
    assert.deepEqual((await allLocators(store)).toSorted(), committed.toSorted());
  });
}

async function commitText(store: ByteStore, text: string, id = 'upload-text'): Promise<Locator> {
  const part = await store.createPart(id as UploadId, 'sha256');
  await part.append(from([Buffer.from(text)]), NO_LIMIT);
  return part.commit();
}

async function appendAndLeave(store: ByteStore, text: string): Promise<void> {
  const part = await store.createPart(ID, 'sha256');
  await part.append(from([Buffer.from(text)]), NO_LIMIT);
  await part.suspend();
}

async function reopened(store: ByteStore): Promise<Part> {
  const part = await store.reopenPart(ID, 'sha512');
  assert.ok(part);
  return part;
}

async function readAll(store: ByteStore, locator: Locator): Promise<Buffer> {
  await using reader = await store.open(locator);
  assert.ok(reader, `nothing is at ${locator}`);
  const whole = Buffer.alloc(reader.size);
  for (let position = 0; position < whole.length; ) position += await reader.read(whole.subarray(position), position);
  return whole;
}

async function allLocators(store: ByteStore): Promise<Locator[]> {
  const all: Locator[] = [];
  for await (const batch of store.locators()) all.push(...batch);
  return all;
}

async function allParts(store: ByteStore): Promise<KeptPart[]> {
  const parts: KeptPart[] = [];
  for await (const part of store.parts()) parts.push(part);
  return parts;
}

async function partIds(store: ByteStore): Promise<UploadId[]> {
  return (await allParts(store)).map((part) => part.id);
}

async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function hashOf(algorithm: DigestAlgorithm, bytes: Buffer): string {
  return digestOf(algorithm, createHash(algorithm).update(bytes).digest('hex'));
}
