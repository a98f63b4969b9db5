import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
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
  /** Crash states that a server started on, each other than all before. */
  readonly states: number;
  /** States that were made and left alone, as one with the same content had been started on. */
  readonly repeated: number;
  /** Servers that were recorded at work, and their system calls that changed files. */
  readonly records: number;
  readonly calls: number;
  /** Times between two syncs, in which what a failure may leave grows, and those of them in which power was cut. */
  readonly windows: number;
  readonly windowsCut: number;
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
/** So many states are made of one record; then another server is recorded, in another order. */
const STATES_OF_RECORD = 200;
/** How often states are made anew in place of those that repeat. */
const MOST_PASSES = 4;
/** How many changes each client makes while it is recorded. */
const STEPS = 12;

/** Records servers at work, cuts their power at many moments, and starts on what each may leave. */
export async function powerRun({ seed, states, progress }: PowerOptions): Promise<PowerReport> {
  const random = randomOf(seed);
  const total = { states: 0, repeated: 0, records: 0, calls: 0, windows: 0, windowsCut: 0, acknowledged: 0, lossy: 0 };
  const report = (): PowerReport => ({ seed, ...total });
  const told = (lost: boolean): void => {
    total.states++;
    if (lost) total.lossy++;
    progress?.(report());
  };
  while (total.states < states) {
    const recorded = await record(random.fork());
    total.records++;
    total.calls += recorded.calls.length;
    total.acknowledged += acknowledgedIn(recorded);
    const wanted = Math.min(STATES_OF_RECORD, states - total.states);
    try {
      const { repeated, windows, windowsCut } = await cutAll(recorded, wanted, random, told);
      total.repeated += repeated;
      total.windows += windows;
      total.windowsCut += windowsCut;
    } catch (error) {
      throw new Error(`seed ${seed}, record ${total.records}, after ${total.states} states: ${String(error)}`, {
        cause: error,
      });
    }
  }
  return report();
}

function acknowledgedIn({ repositories, rules }: Recorded): number {
  return [...repositories.values(), rules].reduce((sum, { length }) => sum + length - 1, 0);
}

/** Cuts the power of one record `wanted` times, with another outcome each time, and starts on what is left, several at once. */
async function cutAll(
  recorded: Recorded,
  wanted: number,
  random: Random,
  told: (lost: boolean) => void,
): Promise<{ readonly repeated: number; readonly windows: number; readonly windowsCut: number }> {
  const seen = new Set<string>();
  const cut = new Set<number>();
  let made = 0;
  let repeated = 0;
  const checks = new Checks();
  for (let pass = 0; pass < MOST_PASSES && seen.size < wanted; pass++) {
    const disk = new Replay(recorded);
    for (const [moment, name, failure] of cutsOf(recorded, wanted - seen.size, pass, random)) {
      disk.goTo(moment);
      made++;
      const left = await disk.left(failure);
      if (seen.has(left.content)) {
        repeated++;
        await left.seawall.close();
        continue;
      }
      seen.add(left.content);
      cut.add(disk.syncs);
      await checks.add(async () => {
        await check(left, recorded).catch((error: unknown) => {
          throw new Error(`state ${made}, power cut after call ${moment}, ${name}: ${String(error)}`, { cause: error });
        });
        told(left.unsynced > 0);
      });
    }
  }
  await checks.done();
  const windows = recorded.calls.filter(({ action }) => action.kind === 'sync').length + 1;
  return { repeated, windows, windowsCut: cut.size };
}

/** Checks that run beside one another, as many as there are processors. */
class Checks {
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** Begins one, once there is a processor for it. Throws the failure of one before. */
  async add(check: () => Promise<void>): Promise<void> {
    while (this.#running.size >= availableParallelism()) await Promise.race(this.#running);
    this.#assertHeld();
    const running = check()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits for all. Throws the first failure. */
  async done(): Promise<void> {
    await Promise.all(this.#running);
    this.#assertHeld();
  }

  #assertHeld(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** What a power failure left, with a server that does not run yet on it. */
interface Left {
  readonly seawall: ProcessSeawall;
  /** The same for the same content. */
  readonly content: string;
  readonly unsynced: number;
  /** What had been answered by then. */
  readonly said: string;
}

/** A record that is gone through once, from its beginning. */
class Replay {
  readonly #calls: Recorded['calls'];
  readonly #disk: Disk;
  readonly #said: Buffer[] = [];
  #at = 0;
  /** Syncs so far. */
  syncs = 0;

  constructor({ calls, dataDir }: Recorded) {
    this.#calls = calls;
    this.#disk = new Disk(dirname(dataDir));
  }

  /** Goes on to a moment that is not before the one where it is. */
  goTo(moment: number): void {
    for (const call of this.#calls.slice(this.#at, moment)) {
      const text = this.#disk.take(call);
      if (text !== undefined) this.#said.push(text);
      if (call.action.kind === 'sync') this.syncs++;
    }
    this.#at = Math.max(this.#at, moment);
  }

  async left(failure: Failure): Promise<Left> {
    const seawall = await ProcessSeawall.make({ registries: REGISTRIES });
    const content = await this.#disk.leave(failure, seawall.root);
    return { seawall, content, unsynced: this.#disk.unsynced, said: Buffer.concat(this.#said).toString('latin1') };
  }
}

/** Starts on what is left, and holds it against what was acknowledged. */
async function check({ seawall, said }: Left, recorded: Recorded): Promise<void> {
  await using _ = seawall;
  await seawall.start();
  await assertRight(seawall, recorded, said);
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

/** Moments in their order, and what is lost. The first pass begins with what taught something: power lost with the banner, and with the last answer, and all that was not synced. */
function cutsOf(
  { calls, state }: Recorded,
  count: number,
  pass: number,
  random: Random,
): readonly (readonly [moment: number, name: string, failure: Failure])[] {
  const banner = calls.findIndex(
    ({ action }) => action.kind === 'write' && action.fd === STDOUT && action.bytes.includes(state.control),
  );
  const taught = pass > 0 ? [] : [banner + 1, calls.length].map((moment) => [moment, ...ALL_LOST] as const);
  const changing = calls.flatMap(({ action }, at) => (IDLE.has(action.kind) ? [] : [at]));
  const syncs = calls.flatMap(({ action }, at) => (action.kind === 'sync' ? [at] : []));
  const some = Array.from({ length: Math.max(0, count - taught.length) }, () => {
    const [name, failure] = failureOf(random.fork());
    // Where all is lost, nothing but the last moment before a sync leaves something new, with the most acknowledged.
    const moment = failure === ALL_LOST[1] ? random.pick(syncs) : random.pick(changing) + random.below(2);
    return [moment, name, failure] as const;
  });
  return [...taught, ...some].slice(0, count).toSorted(([a], [b]) => a - b);
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
