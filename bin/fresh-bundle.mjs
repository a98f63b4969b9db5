// The bundle that `npm ci` makes of the sources, where it is made of exactly those that are there. Parses on Node 20.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file of which a bundle was made: its path below the checkout, and what it was then. */
/** @typedef {{ path: string, size: number, mtimeMs: number, sha256: string }} Input */

/** The list of a bundle's inputs, in its folder. */
export const INPUTS = 'inputs.json';

/** The folder of the bundle: beside the dependencies, so that a new `npm ci` removes it. */
export function bundleFolder(root) {
  return join(root, 'node_modules', '.cache', 'seawall', 'bundle');
}

/** The bundle's program; `undefined` where there is none, or one of its inputs is not what it was. */
export function freshBundle(root, folder = bundleFolder(root)) {
  try {
    const inputs = JSON.parse(readFileSync(join(folder, INPUTS), 'utf8'));
    return inputs.every((input) => isAsBundled(root, input)) ? join(folder, 'main.mjs') : undefined;
  } catch {
    return undefined;
  }
}

/** What a file is now, as {@link freshBundle} compares it; throws where it is not there. */
export function inputOf(root, path) {
  // Asked first: what is written meanwhile has a later time, and is looked at again.
  const { size, mtimeMs } = statSync(join(root, path));
  return { path, size, mtimeMs, sha256: sha256Of(root, path) };
}

/** A copied or checked out file has another time, and may be the same. */
function isAsBundled(root, { path, size, mtimeMs, sha256 }) {
  const now = statSync(join(root, path));
  return now.size === size && (now.mtimeMs === mtimeMs || sha256Of(root, path) === sha256);
}

function sha256Of(root, path) {
  return createHash('sha256')
    .update(readFileSync(join(root, path)))
    .digest('hex');
}
