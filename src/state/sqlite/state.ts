import { Database } from '../../sqlite/database.ts';
import { damaged, prepareDatabase } from '../../sqlite/migrate.ts';
import type { WriterThread } from '../../sqlite/thread.ts';
import { Writer } from '../../sqlite/writer.ts';
import { Followers } from '../followers.ts';
import { hasOpenSecret, openResource, sealResource, type SecretProperties } from '../secret-property.ts';
import type { Change, Committed, Decision, Follower, State, StateView, StoredResource } from '../port.ts';
import { type IndexedView, viewOf } from '../view.ts';
import { STATE_MIGRATIONS } from './schema.ts';
import type { operations, RowChange } from './operations.ts';

/** How a state is opened. */
export interface StateOptions {
  readonly path: string;
  /** What of resources is secret; absent: nothing. */
  readonly secrets?: SecretProperties;
  /** The thread that writes it; its own when absent. */
  readonly thread?: WriterThread;
  /** Called when the database is in doubt, or a follower failed: what is in force is unknown, and the process must end. */
  readonly onFatal: (error: Error) => void;
}

type StateThread = Writer<typeof operations>;

/**
 * Opens the state in the SQLite database at `path`, made when absent. One process at a time. All of it is in memory;
 * a commit is written by a thread and answered after an fsync (`synchronous=FULL`).
 */
export async function openState({ path, secrets = NOTHING, thread, onFatal }: StateOptions): Promise<State> {
  prepareDatabase(path, STATE_MIGRATIONS);
  const module = new URL('./operations.ts', import.meta.url);
  const { view, exposed } = readView(path, secrets);
  const writer = await Writer.open<typeof operations>({ path, module, thread, onFatal });
  const state = new SqliteState(view, { writer, secrets, onFatal });
  // What an earlier release wrote as it was is sealed before anything else happens.
  if (exposed.length > 0)
    await state.commit(() => ({
      value: undefined,
      changes: exposed.map((resource) => ({ kind: 'put' as const, resource })),
    }));
  return state;
}

const NOTHING: SecretProperties = {
  of: () => [],
  sealer: { seal: (secret) => secret, open: (sealed) => sealed },
};

interface Keeping {
  readonly writer: StateThread;
  readonly secrets: SecretProperties;
  readonly onFatal: (error: Error) => void;
}

class SqliteState implements State {
  readonly #writer: StateThread;
  readonly #secrets: SecretProperties;
  readonly #onFatal: (error: Error) => void;
  readonly #followers = new Followers();
  #view: IndexedView;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(view: IndexedView, { writer, secrets, onFatal }: Keeping) {
    this.#view = view;
    this.#writer = writer;
    this.#secrets = secrets;
    this.#onFatal = onFatal;
  }

  view(): StateView {
    return this.#view;
  }

  follow(follower: Follower): () => void {
    return this.#followers.add(follower);
  }

  async commit<T>(decide: (view: StateView) => Decision<T>): Promise<Committed<T>> {
    const turn = this.#tail.then(() => this.#decide(decide));
    this.#tail = turn.catch(() => undefined);
    const { committed, acknowledged } = await turn;
    await acknowledged;
    return committed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail;
    await this.#writer[Symbol.asyncDispose]();
  }

  async #decide<T>(decide: (view: StateView) => Decision<T>) {
    const { value, changes } = decide(this.#view);
    if (changes.length === 0) return { committed: { value, generation: this.#view.generation } };
    const { epoch, sequence } = this.#view.generation;
    const generation = { epoch, sequence: sequence + 1 };
    await this.#writer.call('commit', {
      sequence: generation.sequence,
      rows: changes.map((change) => rowOf(change, this.#secrets)),
    });
    this.#view = this.#view.after(generation, changes);
    const acknowledged = this.#tell(this.#view, changes);
    // Awaited by whoever committed; the next decision need not wait for it.
    acknowledged.catch(() => undefined);
    return { committed: { value, generation }, acknowledged };
  }

  /** What a follower failed to put in force cannot be taken back, so the process ends. */
  async #tell(view: StateView, changes: readonly Change[]): Promise<void> {
    try {
      await this.#followers.tell(view, changes);
    } catch (error) {
      this.#onFatal(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }
}

function readView(
  path: string,
  secrets: SecretProperties,
): { readonly view: IndexedView; readonly exposed: readonly StoredResource[] } {
  using database = new Database(path, 'read');
  const generation = database.get<{ epoch: number; sequence: number }>('SELECT epoch, sequence FROM generation');
  if (generation === undefined) throw new TypeError('a migrated state has its one generation');
  const rows = database.all<{ json: string }>('SELECT json FROM resource');
  const written = rows.map(({ json }) => resourceOf(path, json));
  const resources = written.map((resource) => openResource(resource, secrets));
  return {
    view: viewOf({ epoch: generation.epoch, sequence: generation.sequence }, resources),
    exposed: written.filter((resource) => hasOpenSecret(resource, secrets)),
  };
}

function resourceOf(path: string, json: string): StoredResource {
  try {
    return JSON.parse(json) as StoredResource;
  } catch (error) {
    throw damaged(path, `a resource is not JSON: ${json.slice(0, 100)}`, error);
  }
}

function rowOf(change: Change, secrets: SecretProperties): RowChange {
  if (change.kind === 'remove') return { key: change.key };
  return { key: change.resource.key, json: JSON.stringify(sealResource(change.resource, secrets)) };
}
