import assert from 'node:assert/strict';
import { existsSync, watch } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RECORD } from '../../src/backup/record.ts';
import { UNFINISHED } from '../../src/backup/unfinished.ts';
import { epochOf } from '../../src/state/sqlite/epoch.ts';
import type { Arm } from '../management/arm.ts';
import { type Ended, runCommand } from './command.ts';
import { assertBytes, assertConsistent } from './inspect.ts';
import { NotStartedError, type ProcessSeawall } from './process-seawall.ts';
import type { Random } from './random.ts';
import type { Restorable, WhenEnded, WhenRestored } from './restorable.ts';

const MAINTENANCE = '/seawall/maintenance';
const NO_VERSION = { apiVersion: '' };
/** Between two looks at a backup, in ms. */
const REST_MS = 20;
const EXIT_FAILED = 70;
const EXIT_CONFIG = 78;
/** Of so many restores one is not cut first. */
const WHOLE = 3;
/** Of so many restores that are cut one is cut at any time; the others after they have begun to change something. */
const ANY_TIME = 4;
/** Of what a whole restore takes, the share after it has begun to change something, about. */
const CHANGING = 0.4;

/** A backup that is being made. */
interface UnderWay {
  readonly folder: string;
  readonly ends: readonly WhenEnded[];
}

/** A backup that is whole, and who must be told when it is restored. */
interface Whole {
  readonly folder: string;
  readonly restored: readonly WhenRestored[];
}

/** One operator who makes backups while the server serves, and restores the last of them when it was killed. */
export class BackupOperator {
  readonly #seawall: ProcessSeawall;
  readonly #signIn: () => Promise<Arm>;
  readonly #random: Random;
  readonly #clients: readonly Restorable[];
  #underWay: UnderWay | undefined;
  #whole: Whole | undefined;
  #sequence = 0;
  /** How long a restore takes, in ms: the last that was not cut. */
  #restoreMs = 500;
  /** Backups that came to their end. */
  backups = 0;
  /** Backups that a kill cut. */
  backupsCut = 0;
  restores = 0;
  /** Restores that a kill cut after they had begun to change something. */
  restoresCut = 0;

  /** `clients`: those whose changes are in the backups. */
  constructor(
    seawall: ProcessSeawall,
    signIn: () => Promise<Arm>,
    { random, clients }: { readonly random: Random; readonly clients: readonly Restorable[] },
  ) {
    this.#seawall = seawall;
    this.#signIn = signIn;
    this.#random = random;
    this.#clients = clients;
  }

  /** Makes one backup by the running server; throws when the connection is lost. */
  async step(): Promise<void> {
    const arm = await this.#signIn();
    const folder = join(this.#seawall.root, `backup-${this.#sequence++}`);
    this.#underWay = { folder, ends: this.#clients.map((client) => client.remember()) };
    const begun = await arm.ask(
      'POST',
      `${MAINTENANCE}/backup`,
      { folder, copy: this.#random.below(2) === 0 },
      NO_VERSION,
    );
    assert.equal(begun.status, 202, begun.text);
    const path = `${MAINTENANCE}/tasks/${String(begun.json()['id'])}`;
    for (;;) {
      const asked = await arm.ask('GET', path, undefined, NO_VERSION);
      const { state } = asked.json();
      assert.notEqual(state, 'failed', asked.text);
      if (state === 'done') break;
      await pause(REST_MS);
    }
    await this.#keep(this.#underWay);
  }

  /** Makes one without a server. */
  async stepWithout(): Promise<void> {
    const folder = join(this.#seawall.root, `backup-${this.#sequence++}`);
    const underWay = { folder, ends: this.#clients.map((client) => client.remember()) };
    assertDone(await this.#run('backup', folder));
    await this.#keep(underWay);
  }

  /** After a kill: a backup that was under way is whole, or is refused when it is to be restored. */
  async settle(): Promise<void> {
    const cut = this.#underWay;
    if (cut === undefined) return;
    if (existsSync(join(cut.folder, RECORD))) return this.#keep(cut);
    this.#underWay = undefined;
    if (!existsSync(cut.folder)) return;
    const refused = await this.#run('restore', cut.folder, '--replace');
    assert.match(refused.err, /is no whole backup/);
    assert.equal(refused.exit, EXIT_FAILED);
    await rm(cut.folder, { recursive: true });
    this.backupsCut++;
  }

  /** Restores the last backup into the folder of the server, which does not run; kills come in between. Answers whether there is one. */
  async restore(): Promise<boolean> {
    const whole = this.#whole;
    if (whole === undefined) return false;
    const { dataDir } = this.#seawall;
    const before = epochOf(join(dataDir, 'state.db'));
    let ended: Ended | undefined;
    while (ended === undefined && this.#random.below(WHOLE) !== 0) ended = await this.#cut(whole.folder, before);
    ended ??= await this.#timed(whole.folder);
    const { epoch, setAside } = toldBy(ended);
    assert.ok(epoch > before, `the epoch was ${before} and is ${epoch}`);
    if (setAside !== undefined) await assertKept(setAside);
    for (const name of await readdir(dataDir))
      if (name.startsWith('before-restore-')) await rm(join(dataDir, name), { recursive: true });
    for (const restored of whole.restored) restored();
    this.restores++;
    return true;
  }

  /** Kills a restore; where that cut it, no server starts from what is left. Answers how it ended where it was too late. */
  async #cut(folder: string, before: number): Promise<Ended | undefined> {
    const { dataDir } = this.#seawall;
    const running = runCommand(this.#restoring(folder));
    using watching = changesOf(dataDir);
    if (this.#random.below(ANY_TIME) === 0) await pause(this.#random.below(this.#restoreMs));
    else {
      await Promise.race([watching.first, running.ended]);
      await pause(this.#random.next() * this.#restoreMs * CHANGING);
    }
    running.kill();
    const ended = await running.ended;
    if (ended.exit !== null) return ended;
    if (existsSync(join(dataDir, UNFINISHED))) {
      this.restoresCut++;
      await assertRefused(this.#seawall);
      return undefined;
    }
    // Nothing was moved yet, or everything is done and only the telling was cut.
    const epoch = epochOf(join(dataDir, 'state.db'));
    return epoch === before ? undefined : { exit: 0, out: JSON.stringify({ epoch }), err: '' };
  }

  async #timed(folder: string): Promise<Ended> {
    const beganMs = performance.now();
    const ended = await runCommand(this.#restoring(folder)).ended;
    this.#restoreMs = performance.now() - beganMs;
    return ended;
  }

  #restoring(folder: string): readonly string[] {
    const copy = this.#random.below(2) === 0 ? ['--copy'] : [];
    return ['restore', folder, '--replace', ...copy, '--json', '--data', this.#seawall.dataDir];
  }

  #run(...args: readonly string[]): Promise<Ended> {
    return runCommand([...args, '--data', this.#seawall.dataDir]).ended;
  }

  async #keep({ folder, ends }: UnderWay): Promise<void> {
    this.#underWay = undefined;
    if (this.#whole !== undefined) await rm(this.#whole.folder, { recursive: true });
    this.#whole = { folder, restored: ends.map((end) => end()) };
    this.backups++;
  }
}

function assertDone({ exit, err }: Ended): void {
  assert.equal(exit, 0, err);
}

function toldBy(ended: Ended): { readonly epoch: number; readonly setAside?: string } {
  assertDone(ended);
  const { epoch, setAside } = JSON.parse(ended.out) as { readonly epoch: number; readonly setAside?: string | null };
  return { epoch, ...(typeof setAside === 'string' ? { setAside } : {}) };
}

/** What was there before a restore is kept whole. */
async function assertKept(setAside: string): Promise<void> {
  assertConsistent(setAside);
  await assertBytes(setAside);
}

/** No server starts where a restore was cut; it says what to do. */
async function assertRefused(seawall: ProcessSeawall): Promise<void> {
  await assert.rejects(seawall.start(), (error) => {
    assert.ok(error instanceof NotStartedError, String(error));
    assert.match(error.said, /a restore into .* broke off.*do it again: seawall restore FOLDER/);
    assert.equal(error.exit, EXIT_CONFIG);
    return true;
  });
}

/** The first change of the names in a folder. */
function changesOf(folder: string): Disposable & { readonly first: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(folder, () => resolve());
  return { first: promise, [Symbol.dispose]: () => watcher.close() };
}
