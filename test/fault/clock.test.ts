import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertBytes, assertConsistent } from './inspect.ts';
import { plainArm, plainSender } from './plain-client.ts';
import { ProcessSeawall, type Surroundings } from './process-seawall.ts';
import { Pusher } from './pusher.ts';
import { randomOf, seedOf } from './random.ts';
import { Ruler } from './ruler.ts';
import { Uploader } from './uploader.ts';

const LIBRARIES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
];
const library = LIBRARIES.find((path) => existsSync(path));
const STEPS = 3;

describe('a server whose clock is set', { skip: library === undefined && 'libfaketime is not on this machine' }, () => {
  it('back by a year and forward by two keeps what it acknowledged, takes changes, and does not go back in the rules', async () => {
    await using seawall = await ProcessSeawall.make({
      registries: [{ name: 'myregistry', adminUserEnabled: true }, { name: 'ruled' }],
    });
    const offset = join(seawall.root, 'offset');
    await writeFile(offset, '+0');
    await seawall.start(clockOf(offset));
    const client = plainSender(seawall, 'myregistry');
    const random = randomOf(seedOf(process.env));
    const pusher = new Pusher(client, 'timed/a', random.fork(), { layers: [] });
    const uploader = new Uploader(client, 'timed/u', random.fork());
    const ruler = new Ruler(() => plainArm(seawall), { name: 'ruled', client: plainSender(seawall, 'ruled') });
    const workers = [pusher, uploader, ruler];
    const work = async (): Promise<void> => {
      for (let step = 0; step < STEPS; step++) for (const worker of workers) await worker.step();
      for (const worker of workers) await worker.check(true);
    };
    await work();
    for (const shift of ['-365d', '+730d', '-1d', '+0']) {
      await writeFile(offset, shift);
      // A token says when it runs out: whoever holds one signs in again after the jump.
      await ruler.check();
      await work();
    }
    for (const shift of ['-365d', '+730d', '+0']) {
      await seawall.kill();
      await writeFile(offset, shift);
      await seawall.start(clockOf(offset));
      for (const worker of workers) await worker.check(true);
      await work();
    }
    assertConsistent(seawall.dataDir);
    await assertBytes(seawall.dataDir, { hash: true });
  });
});

/** The clock of the day is moved by what the file says, at once; the one that never goes back is left alone. */
function clockOf(file: string): Surroundings {
  return {
    env: {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_RESET: '1',
    },
  };
}
