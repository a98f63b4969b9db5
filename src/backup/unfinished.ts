import { join } from 'node:path';
import { PRIVATE_MODE, readIfPresent, writeDurably } from '../trust/durable-file.ts';

/** The file in a data directory that says that a restore has begun and not ended. It is there before anything is moved. */
export const UNFINISHED = 'restore-unfinished';

/** How far a restore has come: what was there is being moved out of the way, or the backup is being put in its place. */
type Phase = 'setting aside' | 'filling';

/** What a restore notes of itself, so that one that is done again after a crash goes on rightly. */
export interface Unfinished {
  /** `undefined` in what an earlier release noted. */
  readonly phase: Phase | undefined;
  /** The epoch that the restored state must be above: what knew it may have been moved away since. */
  readonly above: number;
  /** The folder, within the data directory, that takes what was there before. */
  readonly setAside?: string;
}

/** Notes how far a restore has come, durably. */
export async function noteUnfinished(data: string, note: Unfinished): Promise<void> {
  await writeDurably(join(data, UNFINISHED), `${JSON.stringify(note)}\n`, PRIVATE_MODE);
}

/** What a restore that broke off has noted; `undefined` where none did. */
export async function readUnfinished(data: string): Promise<Unfinished | undefined> {
  const text = await readIfPresent(join(data, UNFINISHED));
  return text === undefined ? undefined : parse(text);
}

function parse(text: string): Unfinished {
  const { phase, above, setAside } = membersOf(text);
  return {
    phase: phase === 'setting aside' || phase === 'filling' ? phase : undefined,
    above: typeof above === 'number' ? above : 0,
    ...(typeof setAside === 'string' ? { setAside } : {}),
  };
}

function membersOf(text: string): { readonly [K in keyof Unfinished]?: unknown } {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}
