import assert from 'node:assert/strict';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openMetadata } from '../../src/store/sqlite/metadata.ts';
import { check } from '../upgrade/content-sample.ts';
import { contentFixture } from '../upgrade/fixture.ts';
import { whyNoInjection } from './injection.ts';
import { assertBytes, assertConsistent } from './inspect.ts';
import { plainArm, plainSender } from './plain-client.ts';
import { ProcessSeawall } from './process-seawall.ts';
import { Pusher } from './pusher.ts';
import { type Random, randomOf, seedOf } from './random.ts';
import { Ruler } from './ruler.ts';
import { someFault, someKill, type StartFault, startUnder } from './start-fault.ts';

/** What fails while a server starts, and what it says; nothing where it can do without. */
const ROWS: readonly (readonly [name: string, fault: StartFault, says: RegExp | 'ready'])[] = [
  [
    'an error of the disk where it looks for a restore that broke off',
    { call: 'statx', what: 'error=EIO', when: '1+', file: 'restore-unfinished' },
    /EIO.*restore-unfinished.*look at the health/,
  ],
  [
    'an error of the disk where it looks whether databases are in doubt',
    { call: 'statx', what: 'error=EIO', when: '1+', file: 'run/in-doubt' },
    /EIO.*in-doubt.*look at the health/,
  ],
  [
    'an error of the disk where it reads what the folder must have',
    { call: 'openat', what: 'error=EIO', when: '1+', file: 'contents.json' },
    /EIO.*contents\.json.*look at the health/,
  ],
  [
    'a key that cannot be read: it makes no other',
    { call: 'openat', what: 'error=EIO', when: '1+', file: 'trust/secret.key' },
    /EIO.*secret\.key.*look at the health/,
  ],
  [
    'a key that may not be read',
    { call: 'openat', what: 'error=EACCES', when: '1+', file: 'trust/secret.key' },
    /EACCES.*secret\.key/,
  ],
  [
    'a database that cannot be read',
    { call: 'pread64', what: 'error=EIO', when: '1+', file: 'metadata.db' },
    /metadata\.db cannot be used.*look at its health/,
  ],
  [
    'a log of a database that cannot be read',
    { call: 'pread64', what: 'error=EIO', when: '1+', file: 'state.db-wal' },
    /state\.db.*disk I\/O error/,
  ],
  [
    'a lock that cannot be taken',
    { call: 'openat', what: 'error=EIO', when: '1+', file: 'run/lock.db' },
    /cannot start: .*look at the health/,
  ],
  [
    'a disk that fills as a database is opened',
    { call: 'pwrite64', what: 'error=ENOSPC', when: '1+', file: 'metadata.db-shm' },
    /metadata\.db cannot be used.*bytes left; make room/,
  ],
  [
    'a disk that fills as it tells where it listens',
    { call: 'rename', what: 'error=ENOSPC', when: '1+' },
    /ENOSPC.*seawall\.json.*make room on the volume/,
  ],
  [
    'too few descriptors for its certificates',
    { call: 'openat', what: 'error=EMFILE', when: '1+', file: 'trust/ca.pem' },
    /EMFILE.*ca\.pem.*ulimit -n/,
  ],
  [
    'a folder of uploads that cannot be read while it wants nothing of it',
    { call: 'openat', what: 'error=EIO', when: '1+', file: 'content/uploads' },
    'ready',
  ],
  [
    'a disk that may only be read since',
    { call: 'openat', what: 'error=EROFS', when: '1+', file: 'directory.db' },
    /directory\.db cannot be used/,
  ],
];
/** Of all calls and files, chosen by chance. */
const SOME = 4;

describe('a server that meets a fault as it starts', { skip: whyNoInjection() }, () => {
  let seawall: ProcessSeawall;
  let workers: readonly { step(): Promise<void>; check(whole: boolean): Promise<void> }[];
  const random = randomOf(seedOf(process.env));
  before(async () => {
    seawall = await ProcessSeawall.start({
      registries: [{ name: 'myregistry', adminUserEnabled: true }, { name: 'ruled' }],
    });
    workers = [
      new Pusher(plainSender(seawall, 'myregistry'), 'start/a', random.fork(), { layers: [] }),
      new Ruler(() => plainArm(seawall), { name: 'ruled', client: plainSender(seawall, 'ruled') }),
    ];
    for (let step = 0; step < 6; step++) for (const worker of workers) await worker.step();
    await seawall.kill();
  });
  after(() => seawall.close());

  /** The next start, on a sound disk, has everything. */
  async function assertKept(): Promise<void> {
    await seawall.kill();
    await seawall.start();
    for (const worker of workers) await worker.check(true);
    assertConsistent(seawall.dataDir);
    await assertBytes(seawall.dataDir, { hash: true });
    for (const worker of workers) await worker.step();
    await seawall.kill();
  }

  for (const [name, fault, says] of ROWS)
    it(`${name}, ${says === 'ready' ? 'does without' : 'refuses, and says what to do'}; nothing is lost`, async () => {
      assert.equal(await startUnder(seawall, fault), says === 'ready', seawall.said);
      if (says !== 'ready') assert.match(seawall.said, says);
      await assertKept();
    });

  for (let n = 0; n < SOME; n++) {
    const fault = someFault(random);
    it(`${JSON.stringify(fault)}, is ready or says why not; nothing is lost`, async () => {
      await startUnder(seawall, fault);
      await assertKept();
    });
  }

  for (let n = 0; n < SOME; n++) {
    const fault = someKill(random);
    it(`${JSON.stringify(fault)}, has everything at the next`, async () => {
      await startUnder(seawall, fault);
      await assertKept();
    });
  }
});

describe('a server that is killed as it starts', { skip: whyNoInjection() }, () => {
  const random = randomOf(seedOf(process.env));

  it('for the first time, starts at the next, again and again', async () => {
    await using seawall = await ProcessSeawall.make();
    for (let n = 0; n < SOME; n++) {
      await startUnder(seawall, someKill(random));
      await seawall.kill();
    }
    await seawall.start();
    assertConsistent(seawall.dataDir);
  });

  it('upon a database of an earlier release, has it whole in the new form or the old', async () => {
    await using seawall = await ProcessSeawall.make();
    for (const kill of migrationKills(random)) {
      await rm(seawall.dataDir, { recursive: true, force: true });
      await mkdir(seawall.dataDir);
      await copyFile(contentFixture(1), join(seawall.dataDir, 'metadata.db'));
      await startUnder(seawall, kill);
      await seawall.kill();
      await using store = await openMetadata({
        path: join(seawall.dataDir, 'metadata.db'),
        onFatal: (error) => assert.fail(error),
      });
      await check(store);
    }
  });
});

/** Kills with each of the first writes and syncs of a database that is upgraded. */
function migrationKills(random: Random): readonly StartFault[] {
  const file = random.pick(['metadata.db', 'metadata.db-wal']);
  return ['1', '2', '4', '8', '16', '32'].map((when) => ({ call: 'pwrite64', what: 'signal=KILL', when, file }));
}
