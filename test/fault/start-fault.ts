import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Failing, failing } from './injection.ts';
import { NotStartedError, type ProcessSeawall } from './process-seawall.ts';
import type { Random } from './random.ts';

/** Files of a data folder that a start opens, reads or writes. */
const FILES = [
  ...['metadata', 'state', 'directory', 'work'].flatMap((name) => [`${name}.db`, `${name}.db-wal`, `${name}.db-shm`]),
  'run/lock.db',
  'run/seawall.json',
  'contents.json',
  'content',
  'content/blobs',
  'content/blobs/00',
  'content/uploads',
  'trust',
  'trust/secret.key',
  'trust/signing-keys.json',
  'trust/ca.pem',
  'trust/ca.key',
  'trust/server.pem',
  '.',
  'run',
  'run/in-doubt',
  'restore-unfinished',
];

/** Calls of a start, and how a disk fails them. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  openat: ['EIO', 'EMFILE', 'EACCES', 'EROFS', 'ENOSPC'],
  fsync: ['EIO', 'ENOSPC', 'EROFS'],
  pwrite64: ['EIO', 'ENOSPC', 'EDQUOT', 'EROFS'],
  write: ['EIO', 'ENOSPC', 'EDQUOT'],
  pread64: ['EIO'],
  read: ['EIO'],
  rename: ['EIO', 'ENOSPC', 'EROFS'],
  mkdir: ['EIO', 'ENOSPC', 'EROFS'],
  unlink: ['EIO', 'EROFS'],
  ftruncate: ['EIO', 'ENOSPC'],
  fcntl: ['ENOLCK', 'EIO'],
  getdents64: ['EIO'],
  statx: ['EIO', 'EACCES'],
};

/** Calls on names: the tracer cannot tell them by the file. Only those of the folder are made at a start. */
const OF_NAMES: ReadonlySet<string> = new Set(['rename', 'mkdir', 'unlink']);

/** Calls with which a start may be killed, and how many of each one thread makes. */
const KILLED_AT: readonly (readonly [call: string, most: number])[] = [
  ['fsync', 50],
  ['rename', 12],
  ['mkdir', 260],
  ['unlink', 12],
  ['ftruncate', 14],
  ['pwrite64', 300],
];

/** The longest that a start may take to be ready or to end, in ms. */
const DEADLINE_MS = 120_000;

/** What fails a start. */
export interface StartFault extends Pick<Failing, 'what' | 'when'> {
  readonly call: string;
  /** Relative to the data folder; all when there is none. */
  readonly file?: string;
}

/** A call of a start that fails, by chance. */
export function someFault(random: Random): StartFault {
  const call = random.pick(Object.keys(FAULTS));
  return {
    call,
    what: `error=${random.pick(FAULTS[call] ?? [])}`,
    when: random.pick(['1', '1+', '2', '3+']),
    ...(OF_NAMES.has(call) ? {} : { file: random.pick(FILES) }),
  };
}

/** A kill with a call of a start by chance. */
export function someKill(random: Random): StartFault {
  const [call, most] = random.pick(KILLED_AT);
  return { call, what: 'signal=KILL', when: String(1 + random.below(most)) };
}

/** Starts under a fault. Answers whether the server was ready all the same; throws where it did not say, in a line, why it was not. */
export async function startUnder(seawall: ProcessSeawall, { call, what, when, file }: StartFault): Promise<boolean> {
  const paths = file === undefined ? [] : [join(seawall.dataDir, file)];
  await seawall.kill();
  seawall.spawn({ wrapper: failing({ calls: [call], what, when, paths }), env: { UV_THREADPOOL_SIZE: '1' } });
  const deadline = setTimeout(() => void seawall.kill(), DEADLINE_MS);
  try {
    await seawall.ready();
    return true;
  } catch (error) {
    if (what === 'signal=KILL') return false;
    assertTold(error);
    return false;
  } finally {
    clearTimeout(deadline);
  }
}

/** The server ended by itself, with a line that is for the operator. */
function assertTold(error: unknown): void {
  assert.ok(error instanceof NotStartedError, String(error));
  assert.notEqual(error.exit, null, `it was killed: ${error.said}`);
  assert.match(error.said, /^seawall: /m);
  assert.doesNotMatch(error.said, /\n\s+at /, 'no stack: this is for the operator');
}
