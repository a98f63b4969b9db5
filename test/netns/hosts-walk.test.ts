import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { lacks } from '../client/process.ts';
import { ensureBaseImage } from './base-image.ts';
import { cgroups, leftovers } from './leftovers.ts';

const run = promisify(execFile);
/** Why the article cannot be walked in hosts here. */
const WHY_NOT =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'hosts need Linux and root'
    : lacks('az', 'ssh', 'unshare', 'nsenter', 'setpriv', 'nft', 'mmdebstrap');
const MOST_MS = 1_500_000;

describe('the article, in hosts over ssh', { skip: WHY_NOT }, () => {
  it('is done as it is written, from az vm create to az group delete, and leaves nothing', {
    timeout: MOST_MS,
  }, async () => {
    await ensureBaseImage();
    const script = join(import.meta.dirname, '..', '..', 'examples', 'restrict-access', 'hosts.sh');
    // Debian's az needs another start for the SDK that Debian has (facts/acr.md §0.2).
    const first = [join(import.meta.dirname, '..', 'client', 'debian-az'), dirname(process.execPath)];
    const env = { ...process.env, PATH: [...first, process.env['PATH'] ?? ''].join(delimiter) };
    const { stdout } = await run('bash', [script], { env, timeout: MOST_MS - 30_000, maxBuffer: 64 * 1024 * 1024 });
    assert.match(stdout, /Hello from Docker!/);
    assert.match(stdout, /walk: every step did what the article says/);
    assert.deepEqual([leftovers(), cgroups()], [[], []]);
  });
});
