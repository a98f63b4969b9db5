import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { armOf } from '../management/arm.ts';
import { RegistryClient } from '../registry/client.ts';
import { Collector } from './collector.ts';
import { assertBytes, assertConsistent, orphansOf } from './inspect.ts';
import { isLost } from './lost.ts';
import { ProcessSeawall } from './process-seawall.ts';
import { Pusher, type SharedLayers } from './pusher.ts';
import { type Random, randomOf } from './random.ts';
import { Ruler } from './ruler.ts';
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
  /** Changes that were answered with success. */
  readonly acknowledged: number;
  /** Passes of the collection that came to their end; each kill cut another. */
  readonly passes: number;
  /** Uploads that went on after a kill. */
  readonly resumed: number;
}

/** Somebody who changes something, and knows what must be there after a crash. */
interface Worker {
  step(): Promise<void>;
  check(whole: boolean): Promise<void>;
}

const PUSHERS = 4;
const UPLOADERS = 2;
/** The longest that a server lives, or starts, before it is killed, in ms. */
const LONGEST_LIFE_MS = 700;
/** One start in so many is killed before it is done. */
const STARTS_KILLED = 10;
/** Everything ever pushed is compared once in so many kills, and at the end. */
const WHOLE_EVERY = 25;
const DEADLINE_MS = 60_000;

/** Kills a server again and again under load; throws at the first thing that was acknowledged and is not so. */
export async function killRun({ seed, kills, progress }: KillOptions): Promise<KillReport> {
  const random = randomOf(seed);
  await using seawall = await ProcessSeawall.start({
    registries: [{ name: 'myregistry', adminUserEnabled: true }, { name: 'ruled' }],
  });
  using client = await RegistryClient.of(seawall, 'myregistry');
  using ruled = await RegistryClient.of(seawall, 'ruled');
  const collector = new Collector(() => armOf(seawall));
  const shared: SharedLayers = { layers: [], turns: () => collector.turns };
  const pushers = Array.from({ length: PUSHERS }, (_, i) => new Pusher(client, `load/p${i}`, random.fork(), shared));
  const uploaders = Array.from({ length: UPLOADERS }, (_, i) => new Uploader(client, `load/u${i}`, random.fork()));
  const ruler = new Ruler(() => armOf(seawall), { name: 'ruled', client: ruled });
  const workers: readonly Worker[] = [...pushers, ...uploaders, ruler, collector];
  let whileStarting = 0;
  const report = (done: number): KillReport => ({
    seed,
    kills: done,
    whileStarting,
    acknowledged: [...pushers, ...uploaders, ruler].reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    passes: collector.acknowledged,
    resumed: uploaders.reduce((sum, { resumed }) => sum + resumed, 0),
  });
  let done = 0;
  try {
    while (done < kills) {
      await liveAndDie(seawall, workers, random);
      done++;
      while (done < kills && random.below(STARTS_KILLED) === 0) {
        await dieStarting(seawall, random);
        whileStarting++;
        done++;
      }
      await seawall.start();
      await checkAll(seawall, workers, done % WHOLE_EVERY === 0 || done >= kills);
      progress?.(report(done));
    }
    await noOrphans(seawall);
  } catch (error) {
    throw new Error(`seed ${seed}, after kill ${done}: ${String(error)}\nthe server said: ${seawall.said}`, {
      cause: error,
    });
  }
  return report(done);
}

/** All workers work until the server is killed under them. */
async function liveAndDie(seawall: ProcessSeawall, workers: readonly Worker[], random: Random): Promise<void> {
  let killed = false;
  const work = async (worker: Worker): Promise<void> => {
    try {
      for (;;) await worker.step();
    } catch (error) {
      if (!killed || !isLost(error)) throw error;
    }
  };
  const working = Promise.allSettled(workers.map(work));
  // A worker that failed ends the wait: its failure is told below.
  await Promise.race([pause(random.below(LONGEST_LIFE_MS)), seawall.exited]);
  killed = true;
  assert.ok(seawall.running, `the server ended by itself with ${String(await endedWith(seawall))}`);
  await seawall.kill();
  for (const settled of await working) if (settled.status === 'rejected') throw settled.reason;
}

async function endedWith(seawall: ProcessSeawall): Promise<number | null | undefined> {
  return seawall.running ? undefined : seawall.exited;
}

async function dieStarting(seawall: ProcessSeawall, random: Random): Promise<void> {
  seawall.spawn();
  await pause(random.below(LONGEST_LIFE_MS));
  await seawall.kill();
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
