import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SETTINGS } from '../../src/config/setting.ts';
import { listImages } from '../../src/base-image/shelf.ts';

const SEAWALL = join(import.meta.dirname, '..', '..', 'bin', 'seawall.mjs');

/** Makes the base image of virtual machines where this machine has none: some 90 s, once. */
export async function ensureBaseImage(): Promise<void> {
  const images = await listImages(SETTINGS.images.defaults.up);
  if (images.length > 0) return;
  await promisify(execFile)(process.execPath, [SEAWALL, 'lab', 'image'], { timeout: 600_000 });
}
