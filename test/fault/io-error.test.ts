import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertBytes, assertConsistent } from './inspect.ts';
import { inject, type Injection, whyNoInjection } from './injection.ts';
import { isLost, ShortageError } from './lost.ts';
import { plainArm, plainSender } from './plain-client.ts';
import { ProcessSeawall } from './process-seawall.ts';
import { Pusher } from './pusher.ts';
import { randomOf, seedOf } from './random.ts';
import { Ruler } from './ruler.ts';

/** What fails, and whether the server may end by it: where it cannot know any more what is on the disk, it must. */
const ROWS: readonly (readonly [name: string, injection: Injection, end: 'goes on' | 'ends'])[] = [
  ['the sync of a blob', { call: 'fdatasync', error: 'EIO', when: '1+' }, 'goes on'],
  ['the sync of the log of a database', { call: 'fsync', error: 'EIO', when: '1+' }, 'ends'],
  ['one sync among many', { call: 'fsync', error: 'EIO', when: '3' }, 'ends'],
  ['a write to a database', { call: 'pwrite64', error: 'EIO', when: '2+' }, 'ends'],
  ['a write to a database without room', { call: 'pwrite64', error: 'ENOSPC', when: '1+' }, 'goes on'],
  ['a write of a blob over quota', { call: 'pwritev', error: 'EDQUOT', when: '1+' }, 'goes on'],
  ['the naming of a blob on a read-only disk', { call: 'link', error: 'EROFS', when: '1+' }, 'goes on'],
  ['a read of a database', { call: 'pread64', error: 'EIO', when: '5+' }, 'ends'],
  ['the opening of a file', { call: 'openat', error: 'EMFILE', when: '1+' }, 'goes on'],
];
/** Steps after the fault was met, and the most until it is: which calls a push makes depends on how its bytes come. */
const STEPS = 12;
const MOST_STEPS = 400;

describe('a server whose system fails it', { skip: whyNoInjection() }, () => {
  for (const [name, injection, end] of ROWS)
    it(`at ${name}, with ${injection.error}: says so, and has afterwards all that it acknowledged`, async () => {
      await using seawall = await ProcessSeawall.start({
        registries: [{ name: 'myregistry', adminUserEnabled: true }, { name: 'ruled' }],
      });
      const client = plainSender(seawall, 'myregistry');
      const random = randomOf(seedOf(process.env));
      const pusher = new Pusher(client, 'failing/a', random, { layers: [] });
      const ruler = new Ruler(() => plainArm(seawall), { name: 'ruled', client: plainSender(seawall, 'ruled') });
      for (const worker of [pusher, ruler]) await worker.step();
      const failures: unknown[] = [];
      {
        await using _ = await inject(seawall.state.pid, injection);
        failures.push(...(await workOn(pusher, MOST_STEPS)));
        failures.push(...(await workOn(ruler, failures.length > 0 ? STEPS : MOST_STEPS)));
      }
      assert.ok(failures.length > 0, 'the fault was met');
      if (end === 'goes on') assert.ok(seawall.running, seawall.said);
      if (!seawall.running) assert.match(seawall.said, /what is on the disk is in doubt/);
      await seawall.kill();
      await seawall.start();
      for (const worker of [pusher, ruler]) await worker.check(true);
      assertConsistent(seawall.dataDir);
      await assertBytes(seawall.dataDir, { hash: true });
      for (const error of failures) assert.ok(isTold(error), String(error));
    });
});

/** Works until the fault was met and on for a while, or something fails in a way that leaves open whether it was done; answers what failed. */
async function workOn(worker: { step(): Promise<void> }, most: number): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  for (let step = 0, after = 0; step < most && after < STEPS; step++) {
    const error = await worker.step().then(
      () => undefined,
      (failure: unknown) => failure,
    );
    if (error !== undefined) failures.push(error);
    if (error !== undefined && !(error instanceof ShortageError)) break;
    if (failures.length > 0) after++;
  }
  return failures;
}

/** A refusal with a reason, or a connection that went with the server. */
function isTold(error: unknown): boolean {
  return error instanceof ShortageError || isLost(error) || /: 500 |500 !== /.test(String(error));
}
