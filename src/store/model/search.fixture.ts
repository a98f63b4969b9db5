/** An exhaustive search: every order in which the steps of some processes can come, each state looked at once. */
import { type Memory, type Process, recover, recovery, Violation } from './process.fixture.ts';
import {
  beginPass,
  collectLink,
  emptyTrash,
  endUpload,
  isNamed,
  removeFile,
  type Repo,
  type Rules,
  type World,
} from './world.fixture.ts';

/** What is searched. */
export interface Search {
  readonly rules: Rules;
  readonly world: World;
  readonly processes: readonly Process[];
  /** Whether the server may die once, at any moment. */
  readonly crash?: boolean;
  /** Whether a client may unlink a blob that a manifest names: then such a manifest is broken by its own client. */
  readonly mayUnlink?: boolean;
}

/** What a search came to. */
export interface Found {
  readonly states: number;
  /** How often the processes came to an end, one by one in the order of `processes`. */
  readonly ends: readonly ReadonlySet<string>[];
  readonly violation?: string;
}

interface State {
  readonly world: World;
  readonly memories: readonly Memory[];
  /** Of the process that follows a crash; `undefined` before one. */
  readonly recovery?: Memory;
  /** The steps that led here, for whoever reads a violation. */
  readonly path: Path | undefined;
}

interface Path {
  readonly step: string;
  readonly before: Path | undefined;
}

/** Searches until every state has been seen, or one of them is wrong. */
export function search(asked: Search): Found {
  const seen = new Set<string>();
  const ends = asked.processes.map(() => new Set<string>());
  const waiting: State[] = [
    { world: asked.world, memories: asked.processes.map(({ start }) => start), path: undefined },
  ];
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const id = JSON.stringify([state.world, state.memories, state.recovery]);
    if (seen.has(id)) continue;
    seen.add(id);
    try {
      check(asked, state.world);
      const next = successors(asked, state);
      waiting.push(...next);
      if (next.length > (asked.crash === true && state.recovery === undefined ? 1 : 0)) continue;
      for (const [i, memory] of state.memories.entries()) ends[i]?.add(memory.at);
      settle(asked, state.world);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { states: seen.size, ends, violation: `${error.message} after ${pathOf(state)}` };
    }
  }
  return { states: seen.size, ends };
}

function pathOf({ path }: State): string {
  const steps: string[] = [];
  for (let at = path; at !== undefined; at = at.before) steps.unshift(at.step);
  return steps.join(', ');
}

function successors({ rules, processes, crash }: Search, state: State): State[] {
  const next: State[] = [];
  for (const [i, process] of processes.entries()) {
    const memory = state.memories[i];
    const step = memory && stepOf(process, rules, state, memory);
    if (step === undefined || memory === undefined) continue;
    const path = { step: `${process.name} (${memory.at})`, before: state.path };
    next.push({ ...state, world: step.world, memories: state.memories.with(i, step.memory), path });
  }
  if (state.recovery !== undefined) {
    const step = recover(state.world, state.recovery);
    const path = { step: 'recovery', before: state.path };
    if (step !== undefined) next.push({ ...state, world: step.world, recovery: step.memory, path });
  } else if (crash === true) next.push(crashed(processes, state));
  return next;
}

function stepOf(process: Process, rules: Rules, { world, path }: State, memory: Memory) {
  try {
    return process.step(rules, world, memory);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    throw new Violation(`${error.message}; last ${process.name} (${memory.at})`, { cause: path });
  }
}

/** The server dies: what was on its way to a row is lost, clients begin again, sessions and files stay. */
function crashed(processes: readonly Process[], state: State): State {
  const memories = state.memories.map((memory, i) => {
    const process = processes[i];
    return process !== undefined && (process.ofServer || memory['locator'] !== undefined) ? process.start : memory;
  });
  return { world: state.world, memories, recovery: recovery(state.world), path: { step: 'crash', before: state.path } };
}

/** What must hold in every state. */
function check({ mayUnlink = false }: Search, world: World): void {
  for (const [blob, { locator, damaged }] of Object.entries(world.blobs)) {
    if (world.files[locator] === undefined) throw new Violation(`${blob} is known and has no bytes`);
    if (!damaged && world.files[locator] !== blob) throw new Violation(`${blob} has the bytes of another`);
    if (world.trash.includes(locator)) throw new Violation(`the bytes of ${blob} are in the trash`);
    if (!Object.keys(world.links).some((id) => id.slice(2) === blob)) throw new Violation(`nothing links ${blob}`);
  }
  for (const id of Object.keys(world.links)) {
    if (world.blobs[id.slice(2)] === undefined) throw new Violation(`the link ${id} leads nowhere`);
    if (!world.repositories.includes(id.slice(0, 1) as Repo)) throw new Violation(`the link ${id} has no repository`);
  }
  for (const [id, { artifact }] of Object.entries(world.manifests)) {
    const repo = id.slice(0, 1);
    if (mayUnlink) continue;
    for (const blob of artifact.blobs)
      if (world.links[`${repo}:${blob}`] !== 0) throw new Violation(`${id} is there and its blob ${blob} is not`);
    for (const name of artifact.manifests)
      if (world.manifests[`${repo}:${name}`] === undefined) throw new Violation(`${id} names ${name}, which is gone`);
  }
}

/** When everything has come to its end, two passes and a sweep leave what manifests name, and nothing else. */
function settle({ rules }: Search, ended: World): void {
  let world = Object.keys(ended.uploads).reduce(endUpload, ended);
  for (let i = 0; i < 2; i++) {
    world = beginPass(world);
    for (const id of Object.keys(world.links))
      world = collectLink(rules, world, { repo: id.slice(0, 1) as Repo, blob: id.slice(2), pass: world.pass });
  }
  for (const locator of world.trash) world = emptyTrash(removeFile(world, locator), locator);
  for (const id of Object.keys(world.links))
    if (!isNamed(world, id.slice(0, 1) as Repo, id.slice(2))) throw new Violation(`${id} is never collected`);
  const known = new Set(Object.values(world.blobs).map(({ locator }) => locator));
  for (const locator of Object.keys(world.files))
    if (!known.has(locator)) throw new Violation(`the file ${locator} is never removed`);
}
