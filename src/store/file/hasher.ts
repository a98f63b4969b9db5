import { Worker } from 'node:worker_threads';
import { type Digest, type DigestAlgorithm, digestOf } from '../../oci/digest.ts';
import type { Written } from './write.ts';

/** What the thread is told; what has an `id` is answered. */
export type ToHashThread =
  | { readonly kind: 'file'; readonly id: number; readonly path: string; readonly algorithm: DigestAlgorithm }
  | { readonly kind: 'begin'; readonly hash: number; readonly algorithm: DigestAlgorithm }
  | ({
      readonly kind: 'write';
      readonly id: number;
      readonly hash: number;
      readonly chunks: readonly Uint8Array[];
    } & Place)
  | { readonly kind: 'hex'; readonly id: number; readonly hash: number }
  | { readonly kind: 'end'; readonly hash: number };

/** What the thread answers. */
export type HashAnswer =
  | { readonly id: number; readonly kind: 'hashed'; readonly hex: string; readonly size: number }
  | { readonly id: number; readonly kind: 'written'; readonly written: number; readonly error?: WriteError }
  | { readonly id: number; readonly kind: 'absent' | 'failed'; readonly message: string };

/** What is left of an error on its way from one thread to another. */
export interface WriteError {
  readonly code: string | undefined;
  readonly message: string;
}

/** Where in an open file. */
export interface Place {
  readonly fd: number;
  readonly position: number;
}

/** What a file has: its digest and its size in bytes. */
export interface HashedFile {
  readonly digest: Digest;
  readonly size: number;
}

/** A file that the thread writes, with the hash of what it wrote. Each call sees those before it. */
export interface HashedWriter {
  /** Writes chunks, and hashes what was written of them; never rejects. Shared memory is read where it is; other whole buffers are given away. */
  write(place: Place, chunks: readonly Uint8Array[]): Promise<Written>;
  /** The hash of what was written so far, in hex. */
  hex(): Promise<string>;
  /** Forgets it. */
  end(): void;
}

interface Waiting {
  readonly resolve: (answer: HashAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Hashes files, and writes and hashes bytes as they come, in a thread of its own, begun with the first; several files take turns. */
export class Hasher implements AsyncDisposable {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #questions = 0;
  #hashes = 0;

  /** The digest of a file; `undefined` when it is not there. Rejects when it cannot be read. */
  async hash(path: string, algorithm: DigestAlgorithm): Promise<HashedFile | undefined> {
    const answer = await this.#ask(this.#thread(), (id) => ({ kind: 'file', id, path, algorithm }));
    if (answer.kind === 'absent') return undefined;
    return { digest: digestOf(algorithm, hexIn(answer)), size: 'size' in answer ? answer.size : 0 };
  }

  /** Begins a file that the thread writes. */
  begin(algorithm: DigestAlgorithm): HashedWriter {
    const hash = this.#hashes++;
    // A thread begun anew after its death would know nothing of this hash.
    const worker = this.#thread();
    worker.postMessage({ kind: 'begin', hash, algorithm } satisfies ToHashThread);
    return {
      write: async (place, chunks) => {
        const { sent, given } = forThread(chunks);
        const ask = this.#ask(worker, (id) => ({ kind: 'write', id, hash, ...place, chunks: sent }), given);
        // How far a thread came that died is not known: its bytes are not counted, and its error ends the upload.
        return await ask.then(writtenIn, (error: unknown) => ({ written: 0, error }));
      },
      hex: async () => hexIn(await this.#ask(worker, (id) => ({ kind: 'hex', id, hash }))),
      end: () => worker.postMessage({ kind: 'end', hash } satisfies ToHashThread),
    };
  }

  /** Ends the thread; what waits is rejected. */
  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#end(new Error('the store was closed before the bytes were hashed'));
    await worker?.terminate();
  }

  #ask(worker: Worker, question: (id: number) => ToHashThread, given: ArrayBuffer[] = []): Promise<HashAnswer> {
    if (worker !== this.#worker) return Promise.reject(new Error('the thread that hashed this has ended'));
    const id = this.#questions++;
    const { promise, resolve, reject } = Promise.withResolvers<HashAnswer>();
    this.#waiting.set(id, { resolve, reject });
    worker.postMessage(question(id), given);
    return promise;
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./hash-thread.ts', import.meta.url), { execArgv: [] });
    worker.unref();
    worker.on('message', (answer: HashAnswer) => this.#receive(answer));
    worker.on('error', (error) => this.#end(new Error(`the thread that hashes died: ${String(error)}`)));
    this.#worker = worker;
    return worker;
  }

  #receive(answer: HashAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === 'failed') waiting?.reject(new Error(answer.message));
    else waiting?.resolve(answer);
  }

  #end(error: Error): void {
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}

function writtenIn(answer: HashAnswer): Written {
  if (answer.kind !== 'written')
    throw new Error(`the thread that hashes answered ${answer.kind}, not how far it wrote`);
  const { written, error } = answer;
  return error === undefined ? { written } : { written, error: Object.assign(new Error(error.message), error) };
}

function hexIn(answer: HashAnswer): string {
  if (answer.kind !== 'hashed') throw new Error(`the thread that hashes answered ${answer.kind}, not a hash`);
  return answer.hex;
}

/** Chunks as they are sent, and the memory that goes with them: a part of a buffer that others use is copied out of it. */
function forThread(chunks: readonly Uint8Array[]): { readonly sent: Uint8Array[]; readonly given: ArrayBuffer[] } {
  const given: ArrayBuffer[] = [];
  const sent = chunks.map((chunk) => {
    if (chunk.buffer instanceof SharedArrayBuffer) return chunk;
    const whole = chunk.byteLength === chunk.buffer.byteLength ? chunk : Uint8Array.from(chunk);
    if (whole.buffer instanceof ArrayBuffer) given.push(whole.buffer);
    return whole;
  });
  return { sent, given };
}
