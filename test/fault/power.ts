import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ServerState } from '../../src/server/state-file.ts';
import { Collector } from './collector.ts';
import { assertBlob, assertHeld, heldBy } from './content-check.ts';
import { Disk, type Failure } from './disk.ts';
import { assertBytes, assertConsistent } from './inspect.ts';
import { plainArm, plainSender } from './plain-client.ts';
import { ProcessSeawall } from './process-seawall.ts';
import { type Acknowledged, isBetweenPasses, Pusher, type SharedLayers } from './pusher.ts';
import { type Random, randomOf } from './random.ts';
import { type AcknowledgedRules, Ruler } from './ruler.ts';
import { readRecord, recording, type SystemCall } from './system-calls.ts';

/** A run of power failures. The same seed chooses the same changes, moments and losses. */
export interface PowerOptions {
  readonly seed: number;
  /** How many crash states are made and started on. */
  readonly states: number;
  readonly progress?: (report: PowerReport) => void;
}

/** What a run came to. */
export interface PowerReport {
  readonly seed: number;
  readonly states: number;
  /** System calls in the record that changed files. */
  readonly calls: number;
  /** Changes that were answered with success. */
  readonly acknowledged: number;
  /** States in which the failure took something that was not synced. */
  readonly lossy: number;
}

/** What was said and done while the calls were recorded. */
interface Recorded {
  readonly calls: readonly SystemCall[];
  readonly dataDir: string;
  /** See {@link SharedLayers.turns}. */
  readonly turns: number;
  readonly repositories: ReadonlyMap<string, readonly Acknowledged[]>;
  readonly rules: readonly AcknowledgedRules[];
  readonly state: ServerState;
  readonly password: string;
}

const REGISTRIES = [{ name: 'myregistry', adminUserEnabled: true }, { name: 'ruled' }];
/** Calls after which nothing is another than before. */
const IDLE: ReadonlySet<string> = new Set<SystemCall['action']['kind']>(['open', 'close', 'seek', 'duplicate']);
const STDOUT = 1;
const PUSHERS = 3;
/** Passes of the collection, all in the first part of the record. */
const PASSES = 4;
/** How many changes each client makes while it is recorded. */
const STEPS = 12;

/** Records a server at work, cuts its power at many moments, and starts on what each may leave. */
export async function powerRun({ seed, states, progress }: PowerOptions): Promise<PowerReport> {
  const random = randomOf(seed);
  const recorded = await record(random.fork());
  const journals = [...recorded.repositories.values(), recorded.rules];
  const acknowledged = journals.reduce((sum, { length }) => sum + length - 1, 0);
  let lossy = 0;
  const report = (done: number): PowerReport => ({
    seed,
    states: done,
    calls: recorded.calls.length,
    acknowledged,
    lossy,
  });
  for (let done = 0; done < states; done++) {
    const [moment, name, failure] = cutOf(recorded, done, random);
    try {
      if ((await startAfter(recorded, moment, failure)) > 0) lossy++;
    } catch (error) {
      throw new Error(`seed ${seed}, state ${done}, power cut after call ${moment}, ${name}: ${String(error)}`, {
        cause: error,
      });
    }
    progress?.(report(done + 1));
  }
  return report(states);
}

async function record(random: Random): Promise<Recorded> {
  await using scratch = await mkdtempDisposable(join(tmpdir(), 'seawall-record-'));
  const file = join(scratch.path, 'calls');
  await using seawall = await ProcessSeawall.start({ registries: REGISTRIES }, { wrapper: recording(file) });
  const client = plainSender(seawall, 'myregistry');
  const collector = new Collector(() => plainArm(seawall));
  const shared: SharedLayers = { layers: [], turns: () => collector.turns };
  const pushers = Array.from({ length: PUSHERS }, (_, i) => new Pusher(client, `load/p${i}`, random.fork(), shared));
  const ruler = rulerOf(seawall);
  const work = async (worker: { step(): Promise<void> }, steps: number): Promise<void> => {
    for (let step = 0; step < steps; step++) await worker.step();
  };
  await Promise.all([work(collector, PASSES), ...[...pushers, ruler].map((worker) => work(worker, STEPS))]);
  const { state, dataDir } = seawall;
  const { password } = seawall.admin('myregistry');
  await seawall.stop();
  const repositories = new Map(pushers.map(({ repository, journal }) => [repository, journal]));
  return {
    calls: await readRecord(file, dirname(dataDir)),
    turns: collector.turns,
    dataDir,
    repositories,
    rules: ruler.journal,
    state,
    password,
  };
}

function rulerOf(seawall: ProcessSeawall, known: readonly AcknowledgedRules[] = []): Ruler {
  const [acknowledged, next] = known;
  const place: ConstructorParameters<typeof Ruler> = [
    () => plainArm(seawall),
    { name: 'ruled', client: plainSender(seawall, 'ruled') },
  ];
  return acknowledged === undefined ? new Ruler(...place) : Ruler.after(place, acknowledged, next);
}

/** The first two are what taught something: power lost with the banner, and with the last answer, and all that was not synced. */
function cutOf({ calls, state }: Recorded, n: number, random: Random): readonly [number, string, Failure] {
  if (n > 1) return [momentIn(calls, random), ...failureOf(random)];
  const banner = calls.findIndex(
    ({ action }) => action.kind === 'write' && action.fd === STDOUT && action.bytes.includes(state.control),
  );
  return [n === 0 ? banner + 1 : calls.length, ...ALL_LOST];
}

/** A moment before or after a call that changes something, syncs, or answers. */
function momentIn(calls: readonly SystemCall[], random: Random): number {
  const changing = calls.flatMap(({ action }, at) => (IDLE.has(action.kind) ? [] : [at]));
  return random.pick(changing) + random.below(2);
}

const always = (): boolean => true;
const ALL_LOST: readonly [string, Failure] = [
  'everything not synced lost',
  { keeps: () => false, keepsBlock: always, keepsSize: always },
];

function failureOf(random: Random): readonly [string, Failure] {
  const share = random.pick([0.1, 0.5, 0.9]);
  const some = (): boolean => random.next() < share;
  const cut = random.next();
  return random.pick<readonly [string, Failure]>([
    ALL_LOST,
    ['written in order', { keeps: (index, count) => index < cut * count, keepsBlock: always, keepsSize: always }],
    [`${share} of what was not synced kept`, { keeps: some, keepsBlock: always, keepsSize: some }],
    [`${share} of it kept, torn`, { keeps: some, keepsBlock: some, keepsSize: some }],
  ]);
}

/** Starts on what is left of the first calls, and holds it against what was acknowledged; answers how much was unsynced. */
async function startAfter(recorded: Recorded, moment: number, failure: Failure): Promise<number> {
  const disk = new Disk(dirname(recorded.dataDir));
  const said: Buffer[] = [];
  for (const call of recorded.calls.slice(0, moment)) {
    const text = disk.take(call);
    if (text !== undefined) said.push(text);
  }
  await using seawall = await ProcessSeawall.make({ registries: REGISTRIES });
  await disk.leave(failure, seawall.root);
  await seawall.start();
  await assertRight(seawall, recorded, Buffer.concat(said).toString('latin1'));
  return disk.unsynced;
}

async function assertRight(seawall: ProcessSeawall, recorded: Recorded, said: string): Promise<void> {
  assertConsistent(seawall.dataDir);
  await assertBytes(seawall.dataDir, { hash: true });
  // The banner tells who the owner is and the password: from then on they are not made anew.
  if (said.includes(recorded.password)) {
    assert.equal(seawall.admin('myregistry').password, recorded.password);
    const { tenantId, subscriptionId, clientId, clientSecret } = recorded.state;
    const { state } = seawall;
    assert.deepEqual(
      [state.tenantId, state.subscriptionId, state.clientId, state.clientSecret],
      [tenantId, subscriptionId, clientId, clientSecret],
    );
  }
  const client = plainSender(seawall, 'myregistry');
  for (const [repository, journal] of recorded.repositories) {
    const [known, ...next] = around(journal, said);
    const held = await heldBy(client, repository, [known.held, ...next.map((later) => later.held)]);
    await assertHeld(client, repository, held);
    if (held === known.held && isBetweenPasses(known.since, recorded.turns))
      for (const blob of known.loose) await assertBlob(client, repository, blob);
  }
  await rulerOf(seawall, around(recorded.rules, said)).check();
}

/** The last entry whose answer was given, and the one behind it, which may have been under way. */
function around<E extends { readonly id?: string }>(journal: readonly E[], said: string): readonly [E, ...E[]] {
  const last = journal.findLastIndex(({ id }) => id === undefined || said.includes(id));
  const [known, ...next] = journal.slice(last, last + 2);
  if (known === undefined) throw new TypeError('a journal begins with what is known before any answer');
  return [known, ...next];
}
