import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { armOf } from '../management/arm.ts';
import { RegistryClient } from '../registry/client.ts';
import { BackupOperator } from './backup-operator.ts';
import { Collector } from './collector.ts';
import { whyNoInjection } from './injection.ts';
import { assertBytes, assertConsistent, orphansOf } from './inspect.ts';
import { isLost } from './lost.ts';
import { ProcessSeawall } from './process-seawall.ts';
import { Pusher, type SharedLayers } from './pusher.ts';
import { type Random, randomOf } from './random.ts';
import { Ruler } from './ruler.ts';
import { someFault, someKill, startUnder } from './start-fault.ts';
import { Uploader } from './uploader.ts';

/** A run of kills. The same seed chooses the same changes and moments; how far the machine comes is its own. */
export interface KillOptions {
  readonly seed: number;
  readonly kills: number;
  /** Told now and then how far the run is. */
  readonly progress?: (report: KillReport) => void;
}

/** What a run came to. */
export interface KillReport {
  readonly seed: number;
  readonly kills: number;
  /** Kills while the server was starting. */
  readonly whileStarting: number;
  /** Starts under a failing disk, and how many of them the server refused. */
  readonly failing: number;
  readonly refused: number;
  /** Changes that were answered with success. */
  readonly acknowledged: number;
  /** Passes of the collection that came to their end; each kill cut another. */
  readonly passes: number;
  /** Uploads that went on after a kill. */
  readonly resumed: number;
  /** Backups that came to their end, and those that a kill cut. */
  readonly backups: number;
  readonly backupsCut: number;
  /** Restores that came to their end, and those that a kill cut before. */
  readonly restores: number;
  readonly restoresCut: number;
}

/** Somebody who changes something, and knows what must be there after a crash. */
interface Worker {
  step(): Promise<void>;
  check(whole: boolean): Promise<void>;
}

const PUSHERS = 4;
const UPLOADERS = 2;
/** The longest that a server lives before it is killed, in ms. */
const LONGEST_LIFE_MS = 700;
/** One start in so many is killed before it is done; of the first, which makes everything, each but one in two. */
const STARTS_KILLED = 10;
const FIRST_STARTS_KILLED = 2;
/** One kill in so many is followed by a start under a failing disk. */
const STARTS_FAILING = 15;
/** One life in so many has a backup made, one kill in so many is followed by a backup without server, and by a restore. */
const BACKUPS = 3;
const BACKUPS_WITHOUT = 40;
const RESTORES = 6;
/** A start is killed at the latest after so many times what a whole one took. */
const START_SHARE = 1.2;
/** Everything ever pushed is compared once in so many kills, and at the end. */
const WHOLE_EVERY = 25;
const DEADLINE_MS = 60_000;

/** Kills a server again and again under load; throws at the first thing that was acknowledged and is not so. */
export async function killRun({ seed, kills, progress }: KillOptions): Promise<KillReport> {
  const random = randomOf(seed);
  await using seawall = await ProcessSeawall.make({
    registries: [{ name: 'myregistry', adminUserEnabled: true }, { name: 'ruled' }],
  });
  const starts = new Starts(seawall, random);
  while (starts.killed < kills && random.below(FIRST_STARTS_KILLED) === 0) await starts.cut();
  await starts.whole();
  using client = await RegistryClient.of(seawall, 'myregistry');
  using ruled = await RegistryClient.of(seawall, 'ruled');
  const signIn = () => armOf(seawall);
  const collector = new Collector(signIn);
  const shared: SharedLayers = { layers: [], turns: () => collector.turns };
  const pushers = Array.from({ length: PUSHERS }, (_, i) => new Pusher(client, `load/p${i}`, random.fork(), shared));
  const uploaders = Array.from({ length: UPLOADERS }, (_, i) => new Uploader(client, `load/u${i}`, random.fork()));
  const ruler = new Ruler(signIn, { name: 'ruled', client: ruled });
  const clients = [...pushers, ...uploaders, ruler];
  const workers: readonly Worker[] = [...clients, collector];
  const operator = new BackupOperator(seawall, signIn, { random: random.fork(), clients });
  let done = starts.killed;
  const report = (): KillReport => ({
    seed,
    kills: done,
    whileStarting: starts.killed,
    failing: starts.failing,
    refused: starts.refused,
    acknowledged: clients.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    passes: collector.acknowledged,
    resumed: uploaders.reduce((sum, { resumed }) => sum + resumed, 0),
    backups: operator.backups,
    backupsCut: operator.backupsCut,
    restores: operator.restores,
    restoresCut: operator.restoresCut,
  });
  try {
    while (done < kills) {
      await liveAndDie(seawall, { workers, operator: random.below(BACKUPS) === 0 ? operator : undefined }, random);
      await operator.settle();
      done++;
      while (done < kills && random.below(STARTS_KILLED) === 0) {
        await starts.cut();
        done++;
      }
      if (random.below(STARTS_FAILING) === 0) await starts.fail();
      if (random.below(BACKUPS_WITHOUT) === 0) await operator.stepWithout();
      const restored = random.below(RESTORES) === 0 && (await operator.restore());
      await starts.whole();
      await checkAll(seawall, workers, restored || done % WHOLE_EVERY === 0 || done >= kills);
      progress?.(report());
    }
    await noOrphans(seawall);
  } catch (error) {
    throw new Error(`seed ${seed}, after kill ${done}: ${String(error)}\nthe server said: ${seawall.said}`, {
      cause: error,
    });
  }
  return report();
}

/** All workers work until the server is killed under them; the operator, where there is one, makes a backup meanwhile. */
async function liveAndDie(
  seawall: ProcessSeawall,
  { workers, operator }: { readonly workers: readonly Worker[]; readonly operator: BackupOperator | undefined },
  random: Random,
): Promise<void> {
  let killed = false;
  const untilLost = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!killed || !isLost(error)) throw error;
    }
  };
  const workOn = async (worker: Worker): Promise<void> => {
    for (;;) await worker.step();
  };
  const backedUp = untilLost(async () => operator?.step());
  const working = Promise.allSettled([...workers.map((worker) => untilLost(() => workOn(worker))), backedUp]);
  // Every second backup comes to its end: the kill comes later. One that failed ends the wait: that is told below.
  const first = operator !== undefined && random.below(2) === 0 ? backedUp.catch(() => undefined) : Promise.resolve();
  await Promise.race([first.then(() => pause(random.below(LONGEST_LIFE_MS))), seawall.exited]);
  killed = true;
  assert.ok(seawall.running, `the server ended by itself with ${String(await endedWith(seawall))}`);
  await seawall.kill();
  for (const settled of await working) if (settled.status === 'rejected') throw settled.reason;
}

async function endedWith(seawall: ProcessSeawall): Promise<number | null | undefined> {
  return seawall.running ? undefined : seawall.exited;
}

const canInject = whyNoInjection() === false;

/** The starts of a server, some of which are killed at any moment of what a whole one takes. */
class Starts {
  readonly #seawall: ProcessSeawall;
  readonly #random: Random;
  /** The last whole start, in ms. */
  #tookMs = LONGEST_LIFE_MS;
  /** Starts that were killed. */
  killed = 0;
  /** See {@link KillReport}. */
  failing = 0;
  refused = 0;

  constructor(seawall: ProcessSeawall, random: Random) {
    this.#seawall = seawall;
    this.#random = random;
  }

  async whole(): Promise<void> {
    const beganMs = performance.now();
    await this.#seawall.start();
    this.#tookMs = performance.now() - beganMs;
  }

  /** Kills a start at any time, or with any of its calls that change something. */
  async cut(): Promise<void> {
    const fault = someKill(this.#random);
    if (canInject && this.#random.below(2) === 0) await startUnder(this.#seawall, fault);
    else {
      this.#seawall.spawn();
      await pause(this.#random.next() * this.#tookMs * START_SHARE);
    }
    await this.#seawall.kill();
    this.killed++;
  }

  /** Starts under a failing disk: the server refuses, or is ready and is killed. */
  async fail(): Promise<void> {
    if (!canInject) return;
    const fault = someFault(this.#random);
    const ready = await startUnder(this.#seawall, fault).catch((error: unknown) => {
      throw new Error(`a start with ${JSON.stringify(fault)}: ${String(error)}`, { cause: error });
    });
    this.failing++;
    if (!ready) this.refused++;
    await this.#seawall.kill();
  }
}

async function checkAll(seawall: ProcessSeawall, workers: readonly Worker[], whole: boolean): Promise<void> {
  await Promise.all(workers.map((worker) => worker.check(whole)));
  assertConsistent(seawall.dataDir);
  if (whole) await assertBytes(seawall.dataDir, { hash: true });
}

/** The sweep after the start removes what no row names; nobody pushes meanwhile. */
async function noOrphans(seawall: ProcessSeawall): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const orphans = await orphansOf(seawall.dataDir);
    if (orphans.length === 0) return;
    assert.ok(performance.now() < deadline, `bytes that nothing names are still there: ${orphans.join(' ')}`);
    await pause(50);
  }
}
