import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SETTINGS } from '../../src/config/setting.ts';
import type { Purpose } from '../../src/base-image/image.ts';
import { listImages } from '../../src/base-image/shelf.ts';

const SEAWALL = join(import.meta.dirname, '..', '..', 'bin', 'seawall.mjs');

/** Makes the base image of virtual machines, or of hosts of containers, where this machine has none: some 90 s, once. */
export async function ensureBaseImage(purpose: Purpose = 'machines'): Promise<void> {
  const images = await listImages(SETTINGS.images.defaults.up);
  if (images.some((image) => image.purpose === purpose)) return;
  await promisify(execFile)(process.execPath, [SEAWALL, 'lab', 'image', '--for', purpose], { timeout: 600_000 });
}
