import { writevSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** How far a write came: all bytes, or `written` of them before `error`. */
export interface Written {
  readonly written: number;
  readonly error?: unknown;
}

/** Writes chunks one after another from `position`, going on after short writes; never throws. */
export async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<Written> {
  const writing = new Writing(chunks, position);
  try {
    while (writing.left.length > 0) writing.took((await handle.writev(writing.left, writing.position)).bytesWritten);
    return { written: writing.written };
  } catch (error) {
    return { written: writing.written, error };
  }
}

/** As {@link writeAll}, keeping its thread waiting. */
export function writeAllSync(fd: number, chunks: readonly Uint8Array[], position: number): Written {
  const writing = new Writing(chunks, position);
  try {
    while (writing.left.length > 0) writing.took(writevSync(fd, writing.left, writing.position));
    return { written: writing.written };
  } catch (error) {
    return { written: writing.written, error };
  }
}

/** How far a write is: what is left of its chunks, and where that goes. */
class Writing {
  readonly #from: number;
  left: readonly Uint8Array[];
  written = 0;

  constructor(chunks: readonly Uint8Array[], from: number) {
    this.left = chunks;
    this.#from = from;
  }

  get position(): number {
    return this.#from + this.written;
  }

  /** Notes what one call wrote; throws where that is nothing. */
  took(bytes: number): void {
    if (bytes === 0) throw new Error('the file system wrote nothing and gave no reason');
    this.written += bytes;
    this.left = withoutFirst(this.left, bytes);
  }
}

function withoutFirst(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let skip = count;
  for (const [i, chunk] of chunks.entries()) {
    if (skip < chunk.length) return skip === 0 ? chunks.slice(i) : [chunk.subarray(skip), ...chunks.slice(i + 1)];
    skip -= chunk.length;
  }
  return [];
}

/** The first `count` bytes of the chunks. */
export function firstOf(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  const first: Uint8Array[] = [];
  let left = count;
  for (const chunk of chunks) {
    if (left === 0) break;
    first.push(chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
  }
  return first;
}
