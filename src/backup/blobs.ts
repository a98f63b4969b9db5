import { basename, dirname } from 'node:path';
import { makeDirectory, syncDirectory } from '../store/file/directory-sync.ts';
import { blobPath, layoutOf } from '../store/file/layout.ts';
import { copiedBlobs } from '../store/sqlite/copied.ts';
import { type Placing, place } from './place.ts';

/** How many files are placed at once. */
const AT_ONCE = 64;

/** What was placed. Sizes are in bytes. */
export interface PlacedBlobs {
  readonly blobs: number;
  readonly bytes: number;
  readonly missing: number;
}

/** Where blobs come from and go to, and who is told. */
export interface BlobPlacing {
  /** A copy of the metadata, whose blobs these are. */
  readonly metadata: string;
  /** The folders `content`. */
  readonly from: string;
  readonly to: string;
  readonly placing: Placing;
  readonly signal?: AbortSignal;
  readonly progress?: (placed: PlacedBlobs) => void;
}

/** Puts every blob of a database into another folder, durably. */
export async function placeBlobs(asked: BlobPlacing): Promise<PlacedBlobs> {
  const { metadata, signal, progress, placing } = asked;
  const [from, to] = [layoutOf(asked.from), layoutOf(asked.to)];
  const placed = { blobs: 0, bytes: 0, missing: 0 };
  const shards = new Set<string>();
  for (const batch of copiedBlobs(metadata, AT_ONCE)) {
    signal?.throwIfAborted();
    const paths = batch.map(({ locator }) => blobPath(to, locator));
    for (const shard of new Set(paths.map((path) => dirname(path)))) {
      if (!shards.has(basename(shard))) await makeDirectory(shard, 0o700);
      shards.add(basename(shard));
    }
    const there = await Promise.all(
      batch.map(({ locator }, i) => place(blobPath(from, locator), paths[i] ?? '', placing)),
    );
    for (const [i, { size }] of batch.entries()) {
      if (there[i] === true) placed.bytes += size;
      placed[there[i] === true ? 'blobs' : 'missing'] += 1;
    }
    progress?.({ ...placed });
  }
  for (const shard of shards) await syncDirectory(`${to.blobs}/${shard}`);
  return placed;
}
