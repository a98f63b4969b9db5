import { randomUUID } from 'node:crypto';
import type { DigestAlgorithm } from '../oci/digest.ts';
import type { ByteStore, MetadataStore, Part, RepositoryKey, UploadId, UploadRecord } from '../store/port.ts';

/** How many unfinished uploads keep their file open; the one idle longest is closed first and reopened when it goes on. */
const MAX_OPEN_PARTS = 512;

/** An upload session that this process works on. */
interface Session {
  readonly record: UploadRecord;
  part: Part;
  busy: boolean;
}

/** The outcome of taking a session for one request. */
export type TakenSession =
  | { readonly kind: 'taken'; readonly session: UploadRecord; readonly part: Part }
  | { readonly kind: 'busy'; readonly offset: number }
  | { readonly kind: 'unknown' };

/**
 * The upload sessions of all registries. One request at a time writes to a session. A session outlives the process:
 * the next one reads its bytes again and goes on.
 */
export class UploadSessions {
  readonly #metadata: MetadataStore;
  readonly #bytes: ByteStore;
  /** In the order of last use. */
  readonly #open = new Map<UploadId, Session>();
  /** Uploads outside any session. */
  readonly #singles = new Set<UploadId>();
  /** Repositories to which something is being pushed outside any session, and how many such pushes there are. */
  readonly #holds = new Map<string, number>();
  /** Sessions being reopened, so that two requests do not open one file twice. */
  readonly #reopening = new Map<UploadId, Promise<Session>>();

  constructor(metadata: MetadataStore, bytes: ByteStore) {
    this.#metadata = metadata;
    this.#bytes = bytes;
  }

  /** How many sessions are open in this process. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Whether this process works on the upload: the sweep leaves those alone. */
  isOpen(id: UploadId): boolean {
    return this.#open.has(id) || this.#reopening.has(id) || this.#singles.has(id);
  }

  /** Begins a session with no bytes. */
  async start(repository: RepositoryKey, algorithm: DigestAlgorithm, nowMs: number): Promise<UploadId> {
    const record: UploadRecord = { id: newUploadId(), repository, algorithm, startedMs: nowMs };
    const part = await this.#bytes.createPart(record.id, algorithm);
    this.#open.set(record.id, { record, part, busy: false });
    try {
      await this.#metadata.startUpload(record);
    } catch (error) {
      // Nobody was told of the session: without this its file would be kept until the next start.
      this.#open.delete(record.id);
      await part.discard();
      throw error;
    }
    await this.#closeIdle(record.id);
    return record.id;
  }

  /**
   * Whether something is being pushed to a repository outside any session: the collection leaves what is in it alone.
   * Sessions hold by themselves, as the metadata knows them.
   */
  isHeld(repository: RepositoryKey): boolean {
    return this.#holds.has(holdOf(repository));
  }

  /** Holds what a repository has until disposed of: for a push that consists of several uploads outside sessions. */
  hold(repository: RepositoryKey): Disposable {
    const id = holdOf(repository);
    this.#holds.set(id, (this.#holds.get(id) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        const left = (this.#holds.get(id) ?? 1) - 1;
        if (left === 0) this.#holds.delete(id);
        else this.#holds.set(id, left);
      },
    };
  }

  /** A part outside any session, for a blob that comes in a single POST; end it with {@link finished}. */
  async single(algorithm: DigestAlgorithm): Promise<{ readonly id: UploadId; readonly part: Part }> {
    const id = newUploadId();
    this.#singles.add(id);
    try {
      return { id, part: await this.#bytes.createPart(id, algorithm) };
    } catch (error) {
      this.#singles.delete(id);
      throw error;
    }
  }

  /** The bytes a session of this repository has; `undefined` when there is no such session. */
  async offset(repository: RepositoryKey, id: UploadId): Promise<number | undefined> {
    return (await this.#find(repository, id))?.part.offset;
  }

  /** Takes a session of this repository for one request, which gives it back with {@link release} or ends it. */
  async take(repository: RepositoryKey, id: UploadId): Promise<TakenSession> {
    const session = await this.#find(repository, id);
    if (session === undefined) return { kind: 'unknown' };
    if (session.busy) return { kind: 'busy', offset: session.part.offset };
    session.busy = true;
    return { kind: 'taken', session: session.record, part: session.part };
  }

  /** Gives a session back, to go on later. */
  release(id: UploadId): void {
    const session = this.#open.get(id);
    if (session === undefined) return;
    session.busy = false;
    this.#open.delete(id);
    this.#open.set(id, session);
  }

  /** Forgets an upload whose part has ended. */
  finished(id: UploadId): void {
    this.#open.delete(id);
    this.#singles.delete(id);
  }

  /** Ends a taken session and removes its bytes. */
  async discard(id: UploadId): Promise<void> {
    const session = this.#open.get(id);
    await this.#metadata.endUpload(id);
    this.#open.delete(id);
    await session?.part.discard();
  }

  /** Closes every file; the sessions go on in the next process. */
  async close(): Promise<void> {
    const sessions = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(sessions.map((session) => session.part.suspend()));
  }

  async #find(repository: RepositoryKey, id: UploadId): Promise<Session | undefined> {
    const session = this.#open.get(id) ?? (await this.#reopen(repository, id));
    return session !== undefined && sameRepository(session.record.repository, repository) ? session : undefined;
  }

  async #reopen(repository: RepositoryKey, id: UploadId): Promise<Session | undefined> {
    // Each request looks for itself, so that one of another repository cannot answer for it.
    const record = await this.#metadata.upload(repository, id);
    if (record === undefined) return undefined;
    const running = this.#open.get(id) ?? this.#reopening.get(id);
    if (running !== undefined) return running;
    const reopening = this.#readAgain(record).finally(() => this.#reopening.delete(id));
    this.#reopening.set(id, reopening);
    return reopening;
  }

  async #readAgain(record: UploadRecord): Promise<Session> {
    const { id, algorithm } = record;
    const part = (await this.#bytes.reopenPart(id, algorithm)) ?? (await this.#bytes.createPart(id, algorithm));
    const session: Session = { record, part, busy: false };
    this.#open.set(id, session);
    await this.#closeIdle(id);
    return session;
  }

  /** Closes the file idle longest when too many are open; never that of `newest`, which is about to be used. */
  async #closeIdle(newest: UploadId): Promise<void> {
    if (this.#open.size <= MAX_OPEN_PARTS) return;
    const idle = [...this.#open.values()].find(({ busy, record }) => !busy && record.id !== newest);
    if (idle === undefined) return;
    this.#open.delete(idle.record.id);
    await idle.part.suspend();
  }
}

function newUploadId(): UploadId {
  return randomUUID() as UploadId;
}

/** Neither a uid nor a repository's name has a space in it. */
function holdOf({ registry, name }: RepositoryKey): string {
  return `${registry} ${name}`;
}

function sameRepository(a: RepositoryKey, b: RepositoryKey): boolean {
  return a.registry === b.registry && a.name === b.name;
}
