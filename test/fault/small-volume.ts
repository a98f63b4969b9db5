import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdtemp, rm, rmdir, statfs, truncate, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A volume of a fixed size in memory. */
export interface SmallVolume extends AsyncDisposable {
  readonly path: string;
  /** Leaves so many bytes free, rounded down to whole pages; `undefined`: all that nothing else takes. */
  leave(bytes: number | undefined): Promise<void>;
  /** Whether it may be written. */
  allowWrites(allowed: boolean): void;
}

const PAGE = 4_096;

/** Why no volume can be mounted here; `false` where one can. */
export function whyNoVolume(): string | false {
  const path = mkdtempSync(join(tmpdir(), 'seawall-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'seawall-try', path]).status === 0;
  if (mounted) spawnSync('umount', [path]);
  rmdirSync(path);
  return mounted ? false : 'no volume can be mounted on this machine';
}

/** Mounts a volume of `size` bytes. */
export async function smallVolume(size: number): Promise<SmallVolume> {
  const path = await mkdtemp(join(tmpdir(), 'seawall-volume-'));
  const ballast = join(path, 'ballast');
  mount(['-t', 'tmpfs', '-o', `size=${size}`, 'seawall-test', path]);
  return {
    path,
    leave: async (bytes) => {
      await rm(ballast, { force: true });
      if (bytes === undefined) return;
      const { bavail, bsize } = await statfs(path);
      await grow(ballast, Math.max(0, bavail * bsize - Math.floor(bytes / PAGE) * PAGE));
    },
    allowWrites: (allowed) => mount(['-o', `remount,${allowed ? 'rw' : 'ro'}`, path]),
    [Symbol.asyncDispose]: async () => {
      spawnSync('umount', ['-l', path]);
      await rmdir(path);
    },
  };
}

async function grow(path: string, bytes: number): Promise<void> {
  await using file = await open(path, 'w');
  const chunk = Buffer.alloc(1024 * 1024);
  for (let left = bytes; left > 0; left -= chunk.length) await file.write(chunk, 0, Math.min(left, chunk.length));
  await truncate(path, bytes);
}

function mount(args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}
