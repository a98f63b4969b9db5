import type { ObservedContainer } from '../arm/container-hosts.ts';
import { CONTAINER_GROUPS } from '../arm/platform-host.ts';
import type { StateReader } from '../state/port.ts';
import { STATE_FOLDER } from './container-script.ts';
import type { Machines } from './machines.ts';

/** How the containers of groups are found. */
export interface ContainerWatch extends Disposable {
  /** The containers of a group, by its uid; `undefined` before they are known. */
  observed(uid: string): readonly ObservedContainer[] | undefined;
}

/** How long a host is asked at most before it is asked again, in ms; it answers sooner when something changes. */
const ROUND_MS = 25_000;
const PAUSE_MS = 1000;
/** Says how the containers stand, as soon as that is not what is known. */
const LOOK = `for _ in {1..100}; do
  now=$(cd ${STATE_FOLDER}/of 2>/dev/null && grep -H '' -- * 2>/dev/null)
  if [ "$now" != "$KNOWN" ]; then printf '%s' "$now"; exit; fi
  sleep 0.2
done
printf '%s' "$now"`;

/** Asks the host of every group how its containers stand, for as long as it is there. */
export function watchContainers(state: StateReader, machines: Machines): ContainerWatch {
  const found = new Map<string, readonly ObservedContainer[]>();
  const watched = new Set<string>();
  let isOver = false;
  const watch = async (uid: string): Promise<void> => {
    let known = '';
    while (!isOver && isThere(state, uid)) {
      const said = await ask(machines, uid, known);
      if (said === undefined) await pause();
      else {
        known = said;
        found.set(uid, readContainers(said));
      }
    }
    watched.delete(uid);
    found.delete(uid);
  };
  const look = (): void => {
    for (const { uid } of state.view().ofType(CONTAINER_GROUPS)) {
      if (watched.has(uid)) continue;
      watched.add(uid);
      void watch(uid);
    }
  };
  const stop = state.follow(async (_, changes) => {
    if (changes.some((change) => change.kind === 'put' && change.resource.type === CONTAINER_GROUPS)) look();
  });
  look();
  return {
    observed: (uid) => found.get(uid),
    [Symbol.dispose]() {
      isOver = true;
      stop();
    },
  };
}

function isThere(state: StateReader, uid: string): boolean {
  return state
    .view()
    .ofType(CONTAINER_GROUPS)
    .some((group) => group.uid === uid);
}

async function ask(machines: Machines, uid: string, known: string): Promise<string | undefined> {
  if (machines.observed(uid)?.kind !== 'running') return undefined;
  const argv = ['/usr/bin/env', `KNOWN=${known}`, '/bin/bash', '-c', LOOK] as const;
  const end = await machines.execute(uid, { argv, input: '', timeoutMs: ROUND_MS, mostBytes: 65_536 });
  return end.kind === 'ended' && end.code === 0 ? end.stdout : undefined;
}

function pause(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, PAUSE_MS).unref();
  return promise;
}

/** What a host says of its containers: a line for each, `NAME:STATE RESTARTS START [END CODE]`. */
export function readContainers(said: string): readonly ObservedContainer[] {
  return said.split('\n').flatMap((line): readonly ObservedContainer[] => {
    const match = /^([a-z0-9-]+):(Running|Terminated) (\d+) (\d+)(?: (\d+) (\d+))?$/.exec(line);
    if (match === null) return [];
    const [, name = '', state, restarts, started, ended, code] = match;
    return [
      {
        name,
        state: state === 'Running' ? 'Running' : 'Terminated',
        restarts: Number(restarts),
        startedMs: Number(started),
        endedMs: ended === undefined ? undefined : Number(ended),
        exitCode: code === undefined ? undefined : Number(code),
      },
    ];
  });
}
