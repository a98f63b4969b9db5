/** What goes on at once around a world: each process makes one step at a time, a transaction or the change of one file. */
import {
  type Artifact,
  beginPass,
  collectLink,
  commitBytes,
  deleteManifest,
  deleteRepository,
  deleteTag,
  emptyTrash,
  endUpload,
  isKnown,
  linkBlob,
  linkFacts,
  mountBlob,
  putManifest,
  removeFile,
  type Repo,
  retireManifest,
  type Rules,
  shows,
  startUpload,
  unlinkBlob,
  type World,
} from './world.fixture.ts';

/** What a process knows, and where it is. It is over when it is at `end`, or at a word that says how it ended. */
export type Memory = Readonly<Record<string, unknown>> & { readonly at: string };

/** One thing that goes on. */
export interface Process {
  readonly name: string;
  readonly start: Memory;
  /** Whether the death of the server ends it; it begins anew then. */
  readonly ofServer: boolean;
  /** The next step; `undefined` when it is over. */
  step(rules: Rules, world: World, memory: Memory): Step | undefined;
}

/** What a step comes to. */
export interface Step {
  readonly world: World;
  readonly memory: Memory;
}

/** What went wrong, said by the process that noticed. */
export class Violation extends Error {
  override name = 'Violation';
}

/**
 * A client that looks whether a blob is there, brings it where it is not, and then puts a manifest that names it. `taken`
 * says that another client takes away what it brings.
 */
export function pusher(
  name: string,
  repo: Repo,
  artifact: Artifact,
  { tagged = true, session = true, taken = false } = {},
): Process {
  const others = taken ? { taken } : {};
  const begin: Memory = { at: 'look', left: artifact.blobs, promised: -1, tries: 0, ...others };
  return {
    name,
    start: begin,
    ofServer: false,
    step(rules, world, memory) {
      const left = (memory['left'] ?? []) as readonly string[];
      const [blob] = left;
      const go = (next: World, change: Partial<Memory>): Step => ({ world: next, memory: { ...memory, ...change } });
      // The oldest promise is the one that may be broken first.
      const promise = { promised: memory['promised'] === -1 ? world.pass : memory['promised'] };
      switch (memory.at) {
        case 'look':
          if (blob === undefined) return go(world, { at: 'put' });
          if (shows(world, repo, blob) !== undefined) return go(world, { left: left.slice(1), ...promise });
          return session ? go(startUpload(world, name, repo), { at: 'send' }) : go(world, { at: 'send' });
        case 'send': {
          if (session && world.uploads[name] === undefined) return go(world, { at: 'look' });
          const made = commitBytes(world, blob ?? '');
          return go(made.world, { at: 'link', locator: made.locator });
        }
        case 'link': {
          const locator = String(memory['locator']);
          const next = linkBlob(rules, world, { repo, blob: blob ?? '', locator, upload: name });
          return go(next, { at: 'look', left: left.slice(1), locator: undefined, ...promise });
        }
        case 'put': {
          const next = putManifest(rules, world, { repo, artifact, tagged });
          if (next !== undefined) return go(next, { at: 'stored' });
          return refusedManifest(world, memory, begin);
        }
        default:
          return undefined;
      }
    },
  };
}

/**
 * A refused manifest is pushed again once. Unless another client took away what it names, it may be refused only when
 * a pass began after it was promised its blobs.
 */
function refusedManifest(world: World, memory: Memory, begin: Memory): Step {
  const promised = Number(memory['promised']);
  if (promised >= 0 && world.pass <= promised && !('taken' in memory))
    throw new Violation(`a push that was promised its blobs in pass ${promised} was refused in ${world.pass}`);
  const tries = Number(memory['tries']) + 1;
  return { world, memory: tries > 1 ? { at: 'gave up' } : { ...begin, tries } };
}

/** A client that mounts a blob and puts a manifest that names it; it gives up where there is nothing to mount. */
export function mounter(from: Repo, to: Repo, artifact: Artifact): Process {
  const [blob = ''] = artifact.blobs;
  return {
    name: 'mounter',
    start: { at: 'mount' },
    ofServer: false,
    step(rules, world, memory) {
      if (memory.at === 'mount') {
        const next = mountBlob(rules, world, { from, to, blob });
        return next === undefined
          ? { world, memory: { at: 'gave up' } }
          : { world: next, memory: { at: 'put', promised: world.pass } };
      }
      if (memory.at !== 'put') return undefined;
      const next = putManifest(rules, world, { repo: to, artifact, tagged: true });
      if (next !== undefined) return { world: next, memory: { at: 'stored' } };
      return refusedManifest(world, { ...memory, tries: 1 }, memory);
    },
  };
}

/** A client that deletes something once. */
export function deleter(what: 'manifest' | 'tag' | 'repository' | 'blob', repo: Repo, name = ''): Process {
  return {
    name: `deletes ${what} ${repo}:${name}`,
    start: { at: 'delete' },
    ofServer: false,
    step(rules, world, memory) {
      if (memory.at !== 'delete') return undefined;
      switch (what) {
        case 'manifest':
          return { world: deleteManifest(rules, world, repo, name), memory: { at: 'end' } };
        case 'tag':
          return { world: deleteTag(world, repo, name), memory: { at: 'end' } };
        case 'repository':
          return { world: deleteRepository(rules, world, repo), memory: { at: 'end' } };
        case 'blob':
          return { world: unlinkBlob(rules, world, repo, name), memory: { at: 'end' } };
      }
    },
  };
}

/** The retention policy: looks what nothing needs, and removes it one by one, each judged again. */
export function retention(repo: Repo): Process {
  return {
    name: 'retention',
    start: { at: 'look' },
    ofServer: true,
    step(rules, world, memory) {
      if (memory.at === 'look') {
        const names = Object.keys(world.manifests).filter((id) => id.startsWith(`${repo}:`));
        const old = names.map((id) => id.slice(2)).filter((name) => retireManifest(rules, world, repo, name) !== world);
        return { world, memory: { at: 'retire', old } };
      }
      const [name, ...old] = (memory['old'] ?? []) as readonly string[];
      if (name === undefined) return undefined;
      return { world: retireManifest(rules, world, repo, name), memory: { at: 'retire', old } };
    },
  };
}

/** The collection: some passes, each a look at all links and then a transaction for each that looked like garbage. */
export function collector(passes: number): Process {
  return {
    name: 'collector',
    start: { at: 'begin', left: passes },
    ofServer: true,
    step(rules, world, memory) {
      const left = Number(memory['left']);
      switch (memory.at) {
        case 'begin': {
          if (left === 0) return undefined;
          const next = beginPass(world);
          return { world: next, memory: { at: 'look', left: left - 1, pass: next.pass } };
        }
        case 'look':
          return {
            world,
            memory: { ...memory, at: 'collect', garbage: garbageOf(rules, world, Number(memory['pass'])) },
          };
        default: {
          const [id, ...garbage] = memory['garbage'] as readonly string[];
          if (id === undefined) return { world, memory: { at: 'begin', left } };
          const [repo, blob] = [id.slice(0, 1) as Repo, id.slice(2)];
          const next = collectLink(rules, world, { repo, blob, pass: Number(memory['pass']) });
          return { world: next, memory: { ...memory, garbage } };
        }
      }
    },
  };
}

function garbageOf(rules: Rules, world: World, pass: number): readonly string[] {
  return Object.keys(world.links).filter((id) => {
    const facts = linkFacts(world, id.slice(0, 1) as Repo, id.slice(2));
    return facts !== undefined && rules.decideLink(facts, pass) !== 'keep';
  });
}

/** The sweep: some rounds, each a look into the trash, then the bytes and after them the entry. */
export function sweeper(rounds: number): Process {
  return {
    name: 'sweeper',
    start: { at: 'look', left: rounds },
    ofServer: true,
    step(_, world, memory) {
      const left = Number(memory['left']);
      const locator = String(memory['locator']);
      switch (memory.at) {
        case 'look': {
          if (left === 0) return undefined;
          const [first] = world.trash;
          if (first === undefined) return { world, memory: { at: 'look', left: left - 1 } };
          return { world, memory: { at: 'remove', left: left - 1, locator: first } };
        }
        case 'remove':
          return { world: removeFile(world, locator), memory: { at: 'empty', left, locator } };
        default:
          return { world: emptyTrash(world, locator), memory: { at: 'look', left } };
      }
    },
  };
}

/** A client that reads a blob, as `registry/blob.ts` does: look, open, and look again where the bytes had gone. */
export function reader(repo: Repo, blob: string): Process {
  return {
    name: 'reader',
    start: { at: 'look' },
    ofServer: true,
    step(_, world, memory) {
      if (memory.at === 'look') {
        const locator = shows(world, repo, blob);
        if (locator !== undefined && locator === memory['gone'])
          throw new Violation(`a reader was shown bytes of ${blob} that are gone`);
        return { world, memory: locator === undefined ? { at: 'absent' } : { ...memory, at: 'open', locator } };
      }
      if (memory.at !== 'open') return undefined;
      const bytes = world.files[String(memory['locator'])];
      if (bytes !== undefined) {
        if (bytes !== blob) throw new Violation(`a reader of ${blob} was served ${bytes}`);
        return { world, memory: { at: 'read' } };
      }
      return { world, memory: { at: 'look', gone: memory['locator'] } };
    },
  };
}

/** A client that went away in the middle of an upload, and the expiry that gives its session up some time. */
export function abandoned(repo: Repo): Process {
  return {
    name: 'abandoned upload',
    start: { at: 'begin' },
    ofServer: false,
    step(_, world, memory) {
      if (memory.at === 'begin') return { world: startUpload(world, 'abandoned', repo), memory: { at: 'expire' } };
      if (memory.at === 'expire') return { world: endUpload(world, 'abandoned'), memory: { at: 'end' } };
      return undefined;
    },
  };
}

/** The first thing that the next process of a server does: files that it did not make, and that no row names, go. */
export function recovery(world: World): Memory {
  return { at: 'recover', files: Object.keys(world.files) };
}

/** A step of the {@link recovery}. */
export function recover(world: World, memory: Memory): Step | undefined {
  const [locator, ...files] = (memory['files'] ?? []) as readonly string[];
  if (memory.at !== 'recover' || locator === undefined) return undefined;
  return { world: isKnown(world, locator) ? world : removeFile(world, locator), memory: { at: 'recover', files } };
}
