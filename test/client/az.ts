import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { whereIs } from './process.ts';

/** An az to drive, or why there is none. */
export type Az = { readonly kind: 'there'; readonly path: string } | { readonly kind: 'missing'; readonly why: string };

/** One az, with what tests call it. */
export interface AzClient {
  readonly name: string;
  /** Answers when it is known whether it is there; `path` is the PATH to run it with. */
  readonly find: () => Promise<Az>;
}

/** Debian's az needs another start for the SDK that Debian has (facts/acr.md §0.2). */
const DEBIAN = join(import.meta.dirname, 'debian-az');
/** Where test/newest-az.mjs says how its installation went. */
const RESULT = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'seawall-test',
  'newest-az',
  'result.json',
);
/** How long an installation may take, in ms; one that is slower than this is as good as none. */
const PATIENCE_MS = 280_000;
const LOOK_MS = 500;

/** Both versions of az: that of Debian, and the newest of PyPI. */
export const AZ_CLIENTS: readonly AzClient[] = [
  {
    name: 'az of Debian',
    find: async () => (whereIs('az') === undefined ? missing('az not installed') : first(DEBIAN)),
  },
  { name: 'the newest az', find: newest },
];

async function newest(): Promise<Az> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const result = await readFile(RESULT, 'utf8').catch(() => undefined);
    if (result !== undefined) {
      const { path, why } = JSON.parse(result) as { readonly path?: string; readonly why?: string };
      return path === undefined ? missing(`the newest az cannot be installed: ${why ?? ''}`) : first(path);
    }
    if (performance.now() > deadline) return missing(`the newest az was not installed within ${PATIENCE_MS / 1000} s`);
    await pause(LOOK_MS);
  }
}

function first(folder: string): Az {
  return { kind: 'there', path: [folder, process.env['PATH'] ?? ''].join(delimiter) };
}

function missing(why: string): Az {
  return { kind: 'missing', why };
}
