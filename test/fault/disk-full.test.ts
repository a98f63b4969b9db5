import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertBytes, assertConsistent } from './inspect.ts';
import { ShortageError } from './lost.ts';
import { plainArm, plainSender } from './plain-client.ts';
import { NotStartedError, ProcessSeawall } from './process-seawall.ts';
import { Pusher } from './pusher.ts';
import { randomOf, seedOf } from './random.ts';
import { Ruler } from './ruler.ts';
import { type SmallVolume, smallVolume, whyNoVolume } from './small-volume.ts';

/** How many bytes are left free: from none, page by page through what a small push writes, to more than a large one. */
const FREE = [
  ...Array.from({ length: 12 }, (_, page) => page * 4_096),
  ...[64, 96, 128, 192, 256, 320, 384, 512].map((kibibytes) => kibibytes * 1_024),
];
const STEPS = 6;
const VOLUME_BYTES = 96 * 1024 * 1024;

describe('a server whose disk is full', { skip: whyNoVolume() }, () => {
  let volume: SmallVolume;
  let seawall: ProcessSeawall;
  let pushers: readonly Pusher[];
  let ruler: Ruler;
  before(async () => {
    volume = await smallVolume(VOLUME_BYTES);
    seawall = await ProcessSeawall.start({
      under: volume.path,
      registries: [{ name: 'myregistry', adminUserEnabled: true }, { name: 'ruled' }],
    });
    const random = randomOf(seedOf(process.env));
    const shared = { layers: [] };
    const client = plainSender(seawall, 'myregistry');
    pushers = ['full/a', 'full/b'].map((name) => new Pusher(client, name, random.fork(), shared));
    ruler = new Ruler(() => plainArm(seawall), { name: 'ruled', client: plainSender(seawall, 'ruled') });
    for (const worker of [...pushers, ruler]) await worker.step();
  });
  after(async () => {
    await seawall.close();
    await volume[Symbol.asyncDispose]();
  });

  it('answers with 507 what it has no room for, wherever it runs out, and keeps what it acknowledged', async () => {
    let refused = 0;
    for (const free of FREE) {
      await volume.leave(free);
      for (let step = 0; step < STEPS; step++)
        for (const worker of [...pushers, ruler])
          await worker.step().catch((error: unknown) => {
            if (!(error instanceof ShortageError)) throw error;
            assert.match(error.message, /^507 /);
            refused++;
          });
      assert.ok(seawall.running, seawall.said);
    }
    assert.ok(refused > FREE.length, `${refused} changes were refused`);
    await volume.leave(undefined);
    for (const worker of [...pushers, ruler]) await worker.check(true);
  });

  it('goes on when there is room again, and after a kill on the full disk', async () => {
    for (const worker of [...pushers, ruler]) await worker.step();
    await volume.leave(0);
    await seawall.kill();
    await volume.leave(undefined);
    await seawall.start();
    for (const worker of [...pushers, ruler]) await worker.check(true);
    assertConsistent(seawall.dataDir);
    await assertBytes(seawall.dataDir, { hash: true });
  });

  for (const free of [0, 32_768])
    it(`says that it cannot start with ${free} bytes left, and starts when there is room`, async () => {
      // What a server that was killed leaves is room enough for the next: it must have been stopped.
      await seawall.stop();
      await volume.leave(free);
      await assert.rejects(seawall.start(), NotStartedError);
      assert.match(seawall.said, /^seawall: cannot start: .*(bytes left|no space|full)/i);
      assert.doesNotMatch(seawall.said, /backup|\n\s+at /);
      await volume.leave(undefined);
      await seawall.start();
      for (const worker of pushers) await worker.check(true);
    });
});
