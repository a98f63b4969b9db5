import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes the names in a folder durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder, and those above it that are absent, durably. `path` is absolute; one that is there is left as it is. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode });
  if (first === undefined) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) await syncDirectory(dirname(folder));
}

/**
 * Makes the names in one folder durable for many callers at once: those that ask while an fsync runs, which may have
 * begun before their change, share the next one.
 */
export class SharedSync {
  readonly #sync: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** `sync` is the fsync itself. */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Resolves when an fsync that began after this call is done; rejects when that one failed. */
  sync(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    const next = () => this.#start();
    this.#next ??= this.#running.then(next, next);
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const run = this.#sync().finally(() => {
      if (this.#next === undefined) this.#running = undefined;
    });
    this.#running = run;
    return run;
  }
}
