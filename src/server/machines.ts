import type { MachineCommand, MachineCommandEnd, MachinePlan, MachineState } from '../lab/machine.ts';
import type { HostPlan, LabPlan } from '../lab/plan.ts';
import type { Change, StateReader, StateView, StoredResource } from '../state/port.ts';
import type { Lab } from './lab.ts';

/** A machine that a resource wants, or why there can be none. */
export type WantedMachine =
  | { readonly kind: 'plan'; readonly plan: MachinePlan }
  | { readonly kind: 'impossible'; readonly uid: string; readonly why: string };

/** Says which machines resources want. */
export interface MachineSource {
  /** The type of the resources that machines are of, in lower case. */
  readonly type: string;
  /** The machine of one, on its host: asked for at every change. `undefined`: none. */
  plan(resource: StoredResource, host: HostPlan): Promise<WantedMachine | undefined>;
}

/** The machines that stand behind resources. */
export interface Machines extends Disposable {
  /** How the machine of a resource is found; `undefined` before it is known. */
  observed(uid: string): MachineState | undefined;
  /** Waits until the machine of a resource is as wanted, or cannot be: then answers why. */
  settled(resource: Pick<StoredResource, 'key' | 'uid'>, signal: AbortSignal): Promise<string | undefined>;
  execute(uid: string, command: MachineCommand): Promise<MachineCommandEnd>;
}

/** What they are kept with. Times are in ms. */
export interface MachineServices {
  readonly state: StateReader;
  readonly lab: Pick<Lab, 'machines' | 'plan'>;
  readonly sources: readonly MachineSource[];
  /** How long a machine may take until it is as wanted. */
  readonly deadlineMs: number;
}

/** Tells the lab which machines there are to be, at every change of the resources and of the network that they are of. */
export function followMachines({ state, lab, sources, deadlineMs }: MachineServices): Machines {
  const found = new Map<string, MachineState>();
  const looks = new Set<() => void>();
  let wanted: ReadonlyMap<string, WantedMachine> = new Map();
  let [isPlanning, isStale] = [false, false];
  const lookAgain = (): void => {
    for (const look of looks) look();
  };
  const plan = async (): Promise<void> => {
    isStale = true;
    if (isPlanning) return;
    isPlanning = true;
    while (isStale) {
      isStale = false;
      wanted = await wantedMachines(sources, state.view(), lab.plan());
      const plans = [...wanted.values()].flatMap((one) => (one.kind === 'plan' ? [one.plan] : []));
      // What cannot be told any more is not done either: whoever waits hears of the supervisor's end.
      lab.machines.want(plans).catch(() => undefined);
    }
    isPlanning = false;
    lookAgain();
  };
  const stopListening = lab.machines.listen((event) => {
    switch (event.kind) {
      case 'planned':
        return void plan();
      case 'found':
        if (event.state === undefined) found.delete(event.uid);
        else found.set(event.uid, event.state);
        return lookAgain();
      case 'ended':
        for (const [uid, { boot }] of found) found.set(uid, { kind: 'failed', boot, why: SUPERVISOR_ENDED });
        return lookAgain();
    }
  });
  const stopFollowing = state.follow(async (_, changes) => {
    if (changes.some((change) => isOf(sources, change))) void plan();
  });
  void plan();
  return {
    observed: (uid) => found.get(uid),
    settled({ key, uid }, signal) {
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      const look = (): void => {
        if (isPlanning || isStale) return;
        const isThere = state.view().get(key)?.uid === uid;
        const standing = standingOf(wanted.get(uid), found.get(uid), isThere);
        if (standing !== 'waiting') resolve(standing.why);
      };
      const timer = setTimeout(() => resolve(`it was not there after ${deadlineMs / 1000} s`), deadlineMs);
      const stop = (): void => resolve('the server is stopping');
      signal.addEventListener('abort', stop);
      looks.add(look);
      look();
      return promise.finally(() => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        looks.delete(look);
      });
    },
    execute: (uid, command) => lab.machines.execute(uid, command),
    [Symbol.dispose]() {
      stopListening();
      stopFollowing();
    },
  };
}

const SUPERVISOR_ENDED = "the lab's supervisor ended";

async function wantedMachines(
  sources: readonly MachineSource[],
  view: StateView,
  plan: LabPlan | undefined,
): Promise<ReadonlyMap<string, WantedMachine>> {
  const hosts = new Map<string, HostPlan>();
  // The first of the hosts that a machine has is the one that it is on.
  for (const host of plan?.networks.flatMap((network) => network.hosts) ?? [])
    if (host.machine !== undefined && !hosts.has(host.machine)) hosts.set(host.machine, host);
  const all = new Map<string, WantedMachine>();
  for (const source of sources)
    for (const resource of view.ofType(source.type)) {
      const host = hosts.get(resource.uid);
      const one = host === undefined ? undefined : await source.plan(resource, host);
      if (one !== undefined) all.set(resource.uid, one);
    }
  return all;
}

function isOf(sources: readonly MachineSource[], change: Change): boolean {
  const key = change.kind === 'put' ? change.resource.key : change.key;
  return sources.some(({ type }) => key.includes(`/providers/${type}/`));
}

/** How a machine stands to what is wanted of it: `why` not, where it cannot be so. */
function standingOf(
  wanted: WantedMachine | undefined,
  found: MachineState | undefined,
  isThere: boolean,
): 'waiting' | { readonly why: string | undefined } {
  // Without a plan either the resource is gone, or its network is not there yet.
  if (wanted === undefined) return found === undefined && !isThere ? { why: undefined } : 'waiting';
  if (wanted.kind === 'impossible') return wanted;
  const { boot, power } = wanted.plan;
  if (found === undefined || found.boot !== boot) return 'waiting';
  switch (found.kind) {
    case 'starting':
      return 'waiting';
    case 'failed':
      return { why: found.why };
    case 'running':
      return power === 'running' ? { why: undefined } : 'waiting';
    case 'stopped':
      return { why: power === 'stopped' ? undefined : 'it ended by itself' };
  }
}
