import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type FileHandle, mkdtempDisposable, open, readdir } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Locator, NoSpaceError } from '../port.ts';
import { Hasher } from './hasher.ts';
import { FilePart, type PartHome } from './part.ts';
import { PartWriter } from './part-writer.ts';

interface Opened extends AsyncDisposable {
  readonly folder: string;
  readonly handle: FileHandle;
  readonly part: FilePart;
  readonly hasher: Hasher;
}

/** A part in a folder of its own, on a file handle whose methods a case may replace with ones that fail. */
async function openPart(path?: string): Promise<Opened> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-part-'));
  const own = join(folder.path, 'upload');
  const handle = await open(path ?? own, path === undefined ? 'wx+' : 'r+');
  const hasher = new Hasher();
  const home: PartHome = { path: own, hasher, ended: () => {}, publish: async () => 'locator' as Locator };
  const part = new FilePart(home, handle, new PartWriter(handle, hasher, { algorithm: 'sha256', size: 0 }));
  return {
    folder: folder.path,
    handle,
    part,
    hasher,
    async [Symbol.asyncDispose]() {
      await part.suspend();
      await hasher[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

async function* text(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('a part on a failing disk', () => {
  it('says that the disk is full', { skip: process.platform !== 'linux' }, async () => {
    await using opened = await openPart('/dev/full');
    await assert.rejects(opened.part.append(text('abc'), 100), NoSpaceError);
    assert.equal(opened.part.offset, 0);
  });

  it('says so of one that the thread writes, too', { skip: process.platform !== 'linux' }, async () => {
    await using opened = await openPart('/dev/full');
    const large = async function* () {
      yield Buffer.alloc(1024 * 1024);
    };
    await assert.rejects(opened.part.append(large(), Number.MAX_SAFE_INTEGER), NoSpaceError);
    assert.equal(opened.part.offset, 0);
  });

  it('keeps and hashes what fitted on a full disk, and goes on when there is room', async () => {
    await using opened = await openPart();
    const { handle, part } = opened;
    const writev = handle.writev.bind(handle);
    let calls = 0;
    handle.writev = async (buffers, position) => {
      if (calls++ > 0) throw failure('ENOSPC');
      const [first = Buffer.alloc(0)] = buffers;
      const { bytesWritten } = await writev([Buffer.from(first.buffer, first.byteOffset, 2)], position);
      return { bytesWritten, buffers };
    };
    await assert.rejects(part.append(text('abc', 'def'), 100), NoSpaceError);
    assert.equal(part.offset, 2);
    handle.writev = writev;
    await part.append(text('XY'), 100);
    assert.equal(await part.digest('sha256'), `sha256:${createHash('sha256').update('abXY').digest('hex')}`);
    assert.equal(await part.digest('sha512'), `sha512:${createHash('sha512').update('abXY').digest('hex')}`);
  });

  it('goes on after writes that took only some of the bytes', async () => {
    await using opened = await openPart();
    const { handle, part } = opened;
    const writev = handle.writev.bind(handle);
    handle.writev = async (buffers, position) => {
      const [first = Buffer.alloc(0)] = buffers;
      const { bytesWritten } = await writev([Buffer.from(first.buffer, first.byteOffset, 1)], position);
      return { bytesWritten, buffers };
    };
    await part.append(text('abc', 'de', 'f'), 100);
    assert.equal(await part.digest('sha512'), `sha512:${createHash('sha512').update('abcdef').digest('hex')}`);
  });

  it('dies with an fsync that failed, though the next one would not, and leaves no bytes', async () => {
    await using opened = await openPart();
    const { handle, part } = opened;
    await part.append(text('abc'), 100);
    let calls = 0;
    handle.datasync = async () => {
      if (calls++ === 0) throw failure('EIO');
    };
    await assert.rejects(part.commit(), /could not be made durable/);
    await assert.rejects(part.commit(), /could not be made durable/);
    await assert.rejects(part.append(text('d'), 100), /could not be made durable/);
    await assert.rejects(part.digest('sha256'), /could not be made durable/);
    assert.equal(calls, 1);
    assert.deepEqual(await readdir(opened.folder), []);
  });

  it('says that the disk is full when that is why the fsync failed', async () => {
    await using opened = await openPart();
    opened.handle.datasync = () => Promise.reject(failure('ENOSPC'));
    await assert.rejects(opened.part.commit(), NoSpaceError);
  });

  it('closes its file when the fsync of its end failed: one that is collected open ends the process', async () => {
    await using opened = await openPart();
    opened.handle.datasync = () => Promise.reject(failure('EIO'));
    await assert.rejects(opened.part.commit(), /could not be made durable/);
    assert.equal(opened.handle.fd, -1);
  });

  it('says so when a quota is used up, of which Node has no name', async () => {
    await using opened = await openPart();
    const quota = Object.assign(failure('Unknown system error -122'), { errno: -constants.errno.EDQUOT });
    opened.handle.datasync = () => Promise.reject(quota);
    await assert.rejects(opened.part.commit(), NoSpaceError);
  });

  it('dies with a background fsync that failed', async () => {
    await using opened = await openPart();
    const { handle, part } = opened;
    handle.datasync = () => Promise.reject(failure('EIO'));
    const large = async function* () {
      for (let i = 0; i < 70; i++) yield Buffer.alloc(1024 * 1024);
    };
    await assert.rejects(part.append(large(), Number.MAX_SAFE_INTEGER), /could not be made durable/);
    await assert.rejects(part.commit(), /could not be made durable/);
  });

  it('dies with a write that failed for another reason', async () => {
    await using opened = await openPart();
    opened.handle.writev = () => Promise.reject(failure('EIO'));
    await assert.rejects(opened.part.append(text('abc'), 100), /EIO/);
    await assert.rejects(opened.part.commit(), /could not be made durable/);
  });

  it('dies with the thread that wrote it, and leaves no bytes', async () => {
    await using opened = await openPart();
    const { part, hasher } = opened;
    const large = async function* () {
      yield Buffer.alloc(1024 * 1024);
    };
    await part.append(large(), Number.MAX_SAFE_INTEGER);
    await hasher[Symbol.asyncDispose]();
    await assert.rejects(part.append(large(), Number.MAX_SAFE_INTEGER), /has ended/);
    await assert.rejects(part.digest('sha256'), /could not be made durable/);
    await assert.rejects(part.commit(), /could not be made durable/);
    assert.deepEqual(await readdir(opened.folder), []);
  });
});
