import { setTimeout as pause } from 'node:timers/promises';
import { Collector } from '../fault/collector.ts';
import { assertConsistent } from '../fault/inspect.ts';
import { ProcessSeawall } from '../fault/process-seawall.ts';
import { Pusher, type SharedLayers } from '../fault/pusher.ts';
import { randomOf } from '../fault/random.ts';
import { Ruler } from '../fault/ruler.ts';
import { armOf } from '../management/arm.ts';
import { RegistryClient } from '../registry/client.ts';
import { manifestPath } from '../registry/push.ts';
import { type Sample, sample, watchProcess } from './sample.ts';

/** How long and how hard a server is used. */
export interface SoakOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Pieces of work begun in a second: a pull, or all the requests of a push, a move or a delete. */
  readonly rate: number;
  /** Between two samples, in s. */
  readonly everyS: number;
  readonly progress?: (sample: Sample) => void;
}

/** What came of it. */
export interface SoakReport {
  readonly seed: number;
  readonly samples: readonly Sample[];
  readonly pulls: number;
  /** Changes that were answered with success. */
  readonly changes: number;
  readonly passes: number;
}

const PUSHERS = 8;
/** Of a hundred pieces of work: pulls, and rule changes; the rest are pushes, tag moves and deletes. */
const PULLS = 80;
const RULES = 2;
/** Between two passes of the collection, in ms. */
const COLLECT_MS = 20_000;
/** How long a sign-in to the management API is used, in ms: less than its token is good for. */
const SIGN_IN_MS = 20 * 60_000;

/** Uses a server at a steady rate, and takes samples of it; throws at anything that is not answered as it must be. */
export async function soak({ seed, seconds, rate, everyS, progress }: SoakOptions): Promise<SoakReport> {
  const random = randomOf(seed);
  await using seawall = await ProcessSeawall.start({
    registries: [{ name: 'myregistry', adminUserEnabled: true }, { name: 'ruled' }],
  });
  using client = await RegistryClient.of(seawall, 'myregistry');
  using ruled = await RegistryClient.of(seawall, 'ruled');
  const collector = new Collector(() => armOf(seawall));
  const shared: SharedLayers = { layers: [], turns: () => collector.turns };
  const pushers = Array.from({ length: PUSHERS }, (_, i) => new Pusher(client, `soak/p${i}`, random.fork(), shared));
  const ruler = new Ruler(() => armOf(seawall), { name: 'ruled', client: ruled });
  const watched = await watchProcess(seawall.state.pid, seawall.dataDir);
  const { sinceMs } = watched;
  const samples: Sample[] = [];
  let latencies: number[] = [];
  let pulls = 0;
  const pull = async (): Promise<void> => {
    const beganMs = performance.now();
    await client.send('GET', manifestPath(random.pick(pushers).repository, 'latest'));
    latencies.push(performance.now() - beganMs);
    pulls++;
  };
  const idle = new Set<{ step(): Promise<void> }>([...pushers, ruler]);
  const work = async (worker: { step(): Promise<void> }): Promise<void> => {
    if (!idle.delete(worker)) return;
    await worker.step();
    idle.add(worker);
  };
  const failures: unknown[] = [];
  const begin = (piece: Promise<void>): void => void piece.catch((error: unknown) => failures.push(error));
  let nextSampleMs = sinceMs;
  let nextPassMs = sinceMs + COLLECT_MS;
  let nextSignInMs = sinceMs + SIGN_IN_MS;
  for (let nextMs = sinceMs; performance.now() - sinceMs < seconds * 1_000 && failures.length === 0; ) {
    const chance = random.below(100);
    begin(chance < PULLS ? pull() : work(chance < PULLS + RULES ? ruler : random.pick(pushers)));
    if (performance.now() >= nextPassMs) {
      nextPassMs += COLLECT_MS;
      begin(collector.step());
    }
    if (performance.now() >= nextSignInMs) {
      nextSignInMs += SIGN_IN_MS;
      begin(Promise.all([collector.check(), idle.has(ruler) ? ruler.check() : undefined]).then(() => undefined));
    }
    if (performance.now() >= nextSampleMs) {
      nextSampleMs += everyS * 1_000;
      const taken = await sample(watched, latencies);
      latencies = [];
      samples.push(taken);
      progress?.(taken);
    }
    nextMs += 1_000 / rate;
    await pause(Math.max(0, nextMs - performance.now()));
  }
  if (failures.length > 0) throw failures[0];
  while (idle.size < pushers.length + 1 && failures.length === 0) await pause(10);
  for (const pusher of pushers) await pusher.check(true);
  assertConsistent(seawall.dataDir);
  const changes = [...pushers, ruler].reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  return { seed, samples, pulls, changes, passes: collector.acknowledged };
}
