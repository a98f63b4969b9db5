import { join } from 'node:path';
import type { Locator, UploadId } from '../port.ts';

/**
 * Where things are:
 *
 *   <root>/
 *     blobs/
 *       00/ … ff/                    256 shards, made and synced before the first blob
 *         <boot>-<sequence>          one blob, complete and durable; named by its locator, not its digest
 *     quarantine/
 *       <boot>-<sequence>            one blob that is not what its digest says
 *     uploads/
 *       <upload id>                  the bytes of an unfinished upload, as far as they came; until it is linked, a second name of its blob
 *
 * `boot` is random for each opening of the store and `sequence` counts from 0 within it, so a locator is never used
 * again and tells which opening made it.
 */
export interface Layout {
  readonly root: string;
  readonly blobs: string;
  readonly quarantine: string;
  readonly uploads: string;
}

/** The tree under `root`. */
export function layoutOf(root: string): Layout {
  return { root, blobs: join(root, 'blobs'), quarantine: join(root, 'quarantine'), uploads: join(root, 'uploads') };
}

/** The names of the shards. */
export const SHARDS: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

const LOCATOR = /^[0-9a-f]{20}-[0-9a-f]{12}$/;
const UPLOAD_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** The locator of a boot's n-th blob. */
export function locatorOf(boot: string, sequence: number): Locator {
  return readLocator(`${boot}-${sequence.toString(16).padStart(12, '0')}`);
}

/** Whether a file's name is a locator, not something that strayed into the folder. */
export function isLocator(name: string): name is Locator {
  return LOCATOR.test(name);
}

/** Sixteen blobs in a row share a shard: those pushed together then share the fsync of their folder. */
export function shardOf(layout: Layout, locator: Locator): string {
  return join(layout.blobs, readLocator(locator).slice(-3, -1));
}

/** The file of a blob. */
export function blobPath(layout: Layout, locator: Locator): string {
  return join(shardOf(layout, locator), locator);
}

/** Where a blob is kept that is not what its digest says. */
export function quarantinePath(layout: Layout, locator: Locator): string {
  return join(layout.quarantine, readLocator(locator));
}

/** The file of an unfinished upload. Throws when the id could name a file elsewhere. */
export function uploadPath(layout: Layout, id: UploadId): string {
  if (!isUploadId(id)) throw new TypeError(`upload id ${JSON.stringify(id)} is not 1 to 128 of A-Z a-z 0-9 _ -`);
  return join(layout.uploads, id);
}

/** Whether a file's name is an upload's. */
export function isUploadId(name: string): name is UploadId {
  return UPLOAD_ID.test(name);
}

function readLocator(text: string): Locator {
  if (!isLocator(text)) throw new TypeError(`${JSON.stringify(text)} is not a locator of this store`);
  return text;
}
