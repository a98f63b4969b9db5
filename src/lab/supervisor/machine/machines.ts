import type { MachineCommand, MachineCommandEnd, MachinePlan, MachineSettings, MachineState } from '../../machine.ts';
import { type Booting, boot } from './boot.ts';
import { type Disk, diskOf, disksIn } from './disk.ts';
import { execute } from './execute.ts';
import { type Groups, openGroups } from './groups.ts';
import { endedWithin, isAlive, isInNamespace, type Known, signal } from '../../../system/live-process.ts';
import { sightRefusal } from './sight.ts';

/** Told of every change of how a machine is found; `undefined`: nothing of it is left. */
export type Report = (uid: string, state: MachineState | undefined) => void;

/** Keeps machines as they are wanted. Each is seen to by itself, one thing after another. */
export interface Machines {
  /** From now on these, and no others. Resolves at once: what comes of it is reported. */
  want(plans: readonly MachinePlan[]): void;
  /** Looks whether those that run still do. */
  look(): Promise<void>;
  /** The network namespaces of those that run. */
  namespaces(): ReadonlySet<string>;
  /** Runs a command in one. */
  execute(uid: string, command: MachineCommand): Promise<MachineCommandEnd>;
  /** Ends all of them, unless they are kept. */
  close(): Promise<void>;
}

/** A machine as it is known here. */
interface Machine {
  readonly uid: string;
  readonly disk: Disk;
  work: Promise<void>;
  running: (Known & { readonly boot: number; readonly namespace: string }) | undefined;
  booting: Booting | undefined;
  /** The start after which it ended by itself: it is not started again for the same. */
  over: number | undefined;
}

/** How long a machine that is told to stop may take, in ms; one that goes is not asked. */
const STOP_MS = 10_000;
const CLOSE_MS = 2000;
const DEAD_MS = 5000;

/** Opens what an earlier supervisor left: what is kept is found again by its pid and start, and all else is ended. */
export async function openMachines(settings: MachineSettings, report: Report): Promise<Machines> {
  const groups = await openGroups();
  const known = new Map<string, Machine>();
  for (const uid of await disksIn(settings.folder)) {
    const adopted = settings.atEnd === 'keep' ? await adopt(settings, uid) : undefined;
    if (adopted !== undefined) known.set(uid, adopted);
  }
  for (const uid of await groups.all()) if (!known.has(uid)) await groups.remove(uid);
  return new KeptMachines({ settings, groups, report, known });
}

async function adopt(settings: MachineSettings, uid: string): Promise<Machine | undefined> {
  const disk = diskOf(settings.folder, uid);
  const running = await disk.recorded();
  if (running === undefined || !(await isAlive(running))) return undefined;
  return { uid, disk, work: Promise.resolve(), running, booting: undefined, over: undefined };
}

interface Given {
  readonly settings: MachineSettings;
  readonly groups: Groups;
  readonly report: Report;
  readonly known: Map<string, Machine>;
}

class KeptMachines implements Machines {
  readonly #settings: MachineSettings;
  readonly #groups: Groups;
  readonly #report: Report;
  readonly #known: Map<string, Machine>;
  #wanted: ReadonlyMap<string, MachinePlan> = new Map();
  #isClosed = false;

  constructor({ settings, groups, report, known }: Given) {
    this.#settings = settings;
    this.#groups = groups;
    this.#report = report;
    this.#known = known;
  }

  want(plans: readonly MachinePlan[]): void {
    this.#wanted = new Map(plans.map((plan) => [plan.uid, plan]));
    for (const { uid } of plans) if (!this.#known.has(uid)) this.#known.set(uid, this.#unknown(uid));
    for (const machine of this.#known.values()) {
      // What is not wanted any more is not waited for.
      if (!this.#wanted.has(machine.uid)) machine.booting?.kill();
      this.#see(machine);
    }
    void this.#forgetDisks();
  }

  #unknown(uid: string): Machine {
    const disk = diskOf(this.#settings.folder, uid);
    return { uid, disk, work: Promise.resolve(), running: undefined, booting: undefined, over: undefined };
  }

  #see(machine: Machine): void {
    machine.work = machine.work
      .then(() => this.#settle(machine))
      .catch((error: unknown) => {
        const boot = this.#wanted.get(machine.uid)?.boot ?? 0;
        this.#report(machine.uid, {
          kind: 'failed',
          boot,
          why: error instanceof Error ? error.message : String(error),
        });
      });
  }

  /** Disks of machines that were removed while nobody was there. */
  async #forgetDisks(): Promise<void> {
    for (const uid of await disksIn(this.#settings.folder))
      if (!this.#wanted.has(uid) && !this.#known.has(uid)) await diskOf(this.#settings.folder, uid).remove();
  }

  async #settle(machine: Machine): Promise<void> {
    if (this.#isClosed) return;
    const plan = this.#wanted.get(machine.uid);
    if (plan === undefined) return this.#remove(machine);
    if (plan.power === 'stopped') {
      await this.#end(machine, STOP_MS);
      return this.#report(machine.uid, { kind: 'stopped', boot: plan.boot });
    }
    const { running } = machine;
    if (running !== undefined && !(await isAlive(running))) await this.#isOver(machine, running.boot);
    if (running !== undefined && (await this.#isAsPlanned(running, plan)))
      return this.#report(machine.uid, { kind: 'running', boot: plan.boot, pid: running.pid });
    if (machine.over === plan.boot) return this.#report(machine.uid, { kind: 'stopped', boot: plan.boot });
    await this.#end(machine, STOP_MS);
    await this.#start(machine, plan);
  }

  async #isAsPlanned(running: NonNullable<Machine['running']>, plan: MachinePlan): Promise<boolean> {
    return running.boot === plan.boot && (await isAlive(running)) && (await isInNamespace(running.pid, plan.namespace));
  }

  async #start(machine: Machine, planned: MachinePlan): Promise<void> {
    const { disk, uid } = machine;
    const plan = { ...planned, base: await disk.baseOf(planned) };
    const { settings, groups } = { settings: this.#settings, groups: this.#groups };
    this.#report(uid, { kind: 'starting', boot: plan.boot });
    const why = await sightRefusal(plan.base, { ...settings, disk: disk.folder });
    if (why !== undefined) return this.#report(uid, { kind: 'failed', boot: plan.boot, why });
    const isFirst = !(await disk.isSetUp());
    try {
      await disk.prepare(plan);
      const joined = await groups.make(uid, plan.limits);
      const endsWithUs = settings.atEnd === 'end';
      const booting = await boot({ plan, disk, groups: joined, mounts: groups.mounts, isFirst, endsWithUs });
      machine.booting = booting;
      // It may have been taken back before it could be ended.
      if (!this.#wanted.has(uid)) booting.kill();
      const outcome = await booting.ready;
      machine.booting = undefined;
      if (outcome.kind === 'failed') throw new Error(outcome.why);
      machine.running = { ...outcome.process, boot: plan.boot, namespace: plan.namespace };
      machine.over = undefined;
      void booting.ended.then(() => this.#see(machine));
      await disk.record(machine.running);
      this.#report(uid, { kind: 'running', boot: plan.boot, pid: outcome.process.pid });
    } catch (error) {
      const room = (await disk.isFull()) ? `No space left in ${settings.folder}: ` : '';
      await this.#takeBack(machine, isFirst);
      // A start that failed is not tried again until it is asked for anew.
      machine.over = plan.boot;
      const message = error instanceof Error ? error.message : String(error);
      this.#report(uid, { kind: 'failed', boot: plan.boot, why: `${room}${message}` });
    }
  }

  async #takeBack(machine: Machine, isFirst: boolean): Promise<void> {
    machine.booting?.kill();
    machine.booting = undefined;
    machine.running = undefined;
    await this.#groups.remove(machine.uid);
    if (isFirst) await machine.disk.remove();
  }

  async #isOver(machine: Machine, boot: number): Promise<void> {
    machine.running = undefined;
    machine.over = boot;
    await this.#groups.remove(machine.uid);
  }

  async #end(machine: Machine, graceMs: number): Promise<void> {
    const { running } = machine;
    if (running !== undefined) {
      await signal(running, 'SIGTERM');
      if (!(await endedWithin(running, graceMs))) await signal(running, 'SIGKILL');
      await endedWithin(running, DEAD_MS);
    }
    machine.running = undefined;
    await this.#groups.remove(machine.uid);
  }

  async #remove(machine: Machine): Promise<void> {
    if (machine.running !== undefined) await signal(machine.running, 'SIGKILL');
    await this.#end(machine, DEAD_MS);
    await machine.disk.remove();
    if (!this.#wanted.has(machine.uid)) this.#known.delete(machine.uid);
    this.#report(machine.uid, undefined);
  }

  async look(): Promise<void> {
    for (const machine of this.#known.values()) {
      const { running } = machine;
      if (running !== undefined && !(await isAlive(running))) this.#see(machine);
    }
  }

  namespaces(): ReadonlySet<string> {
    const all = [...this.#known.values()];
    return new Set(all.flatMap(({ running }) => (running === undefined ? [] : [running.namespace])));
  }

  async execute(uid: string, command: MachineCommand): Promise<MachineCommandEnd> {
    const running = this.#known.get(uid)?.running;
    if (running === undefined || !(await isAlive(running))) return { kind: 'refused', why: 'it does not run' };
    return execute(running.pid, await this.#groups.joined(uid), command);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#settings.atEnd === 'keep') return this.#endUnfinished();
    const all = [...this.#known.values()];
    for (const { booting } of all) booting?.kill();
    await Promise.all(all.map((machine) => machine.work.then(() => this.#end(machine, CLOSE_MS))));
  }

  /** What is starting is nobody's when this process is gone. */
  async #endUnfinished(): Promise<void> {
    const unfinished = [...this.#known.values()].filter(({ booting }) => booting !== undefined);
    for (const machine of unfinished) {
      machine.booting?.kill();
      await machine.work;
    }
  }
}
