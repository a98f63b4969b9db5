import { writevSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** How far a write came: all bytes, or `written` of them before `error`. */
export interface Written {
  readonly written: number;
  readonly error?: unknown;
}

/** Writes chunks one after another from `position`, going on after short writes; never throws. */
export async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<Written> {
  let left = chunks;
  let written = 0;
  try {
    while (left.length > 0) {
      const { bytesWritten } = await handle.writev(left, position + written);
      if (bytesWritten === 0) throw new Error('the file system wrote nothing and gave no reason');
      written += bytesWritten;
      left = withoutFirst(left, bytesWritten);
    }
    return { written };
  } catch (error) {
    return { written, error };
  }
}

/** As {@link writeAll}, keeping its thread waiting. */
export function writeAllSync(fd: number, chunks: readonly Uint8Array[], position: number): Written {
  let left = chunks;
  let written = 0;
  try {
    while (left.length > 0) {
      const count = writevSync(fd, left, position + written);
      if (count === 0) throw new Error('the file system wrote nothing and gave no reason');
      written += count;
      left = withoutFirst(left, count);
    }
    return { written };
  } catch (error) {
    return { written, error };
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
