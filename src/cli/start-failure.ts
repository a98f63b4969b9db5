import { isOverQuota } from '../system/over-quota.ts';
import { EXIT, type ExitCode } from './exit-code.ts';

/** What a fault of the surroundings ends a start with. */
export interface StartFailure {
  readonly exit: ExitCode;
  /** What mends it, behind the message of the system; empty where that says enough. */
  readonly advice: string;
}

/** A start that failed by the surroundings, whose message says too little to mend it. */
export function startFailure(error: unknown, dataDir: string): StartFailure | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const code = isOverQuota(error) ? 'EDQUOT' : String(error.code);
  const exit = EXITS[code];
  return exit === undefined ? undefined : { exit, advice: ADVICE[code]?.(dataDir) ?? '' };
}

/** By the code that the system gives a fault. */
const EXITS: Readonly<Record<string, ExitCode>> = {
  EADDRINUSE: EXIT.unavailable,
  EADDRNOTAVAIL: EXIT.config,
  ENOTFOUND: EXIT.config,
  ENOENT: EXIT.config,
  ENOTDIR: EXIT.config,
  EACCES: EXIT.denied,
  EPERM: EXIT.denied,
  EROFS: EXIT.denied,
  EIO: EXIT.failed,
  ENOSPC: EXIT.failed,
  EDQUOT: EXIT.failed,
  EMFILE: EXIT.failed,
  ENFILE: EXIT.failed,
  // SQLite's own, of which the message says what is wrong: a full volume, or one that fails.
  ERR_SQLITE_ERROR: EXIT.failed,
};

const room = (dataDir: string): string => `; make room on the volume of ${dataDir}`;
const files = (): string => '; let it open more files (ulimit -n)';
const health = (dataDir: string): string =>
  `; look at the health, the room and the permissions of the volume of ${dataDir}, and start again (docs/durability.md)`;

const ADVICE: Readonly<Record<string, (dataDir: string) => string>> = {
  EADDRINUSE: () => '; choose another port with --registry or --control',
  EROFS: (dataDir) =>
    `; mount the volume of ${dataDir} so that it can be written, or choose another folder with --data`,
  EIO: health,
  ERR_SQLITE_ERROR: health,
  ENOSPC: room,
  EDQUOT: room,
  EMFILE: files,
  ENFILE: files,
};
