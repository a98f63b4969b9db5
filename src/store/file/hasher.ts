import { Worker } from 'node:worker_threads';
import { type Digest, type DigestAlgorithm, digestOf } from '../../oci/digest.ts';

/** A file to be hashed. */
export interface HashJob {
  readonly id: number;
  readonly path: string;
  readonly algorithm: DigestAlgorithm;
}

/** What the thread answers. */
export type HashAnswer =
  | { readonly id: number; readonly kind: 'hashed'; readonly hex: string; readonly size: number }
  | { readonly id: number; readonly kind: 'absent' | 'failed'; readonly message: string };

/** What a file has: its digest and its size in bytes. */
export interface HashedFile {
  readonly digest: Digest;
  readonly size: number;
}

interface Waiting {
  readonly algorithm: DigestAlgorithm;
  readonly resolve: (found: HashedFile | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Hashes files in a thread of its own, begun with the first; several take turns. */
export class Hasher implements AsyncDisposable {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #jobs = 0;

  /** The digest of a file; `undefined` when it is not there. Rejects when it cannot be read. */
  hash(path: string, algorithm: DigestAlgorithm): Promise<HashedFile | undefined> {
    const job: HashJob = { id: this.#jobs++, path, algorithm };
    const { promise, resolve, reject } = Promise.withResolvers<HashedFile | undefined>();
    this.#waiting.set(job.id, { algorithm, resolve, reject });
    this.#thread().postMessage(job);
    return promise;
  }

  /** Ends the thread; what waits is rejected. */
  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#end(new Error('the store was closed before the file was hashed'));
    await worker?.terminate();
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
    switch (answer.kind) {
      case 'hashed':
        return waiting?.resolve({ digest: digestOf(waiting.algorithm, answer.hex), size: answer.size });
      case 'absent':
        return waiting?.resolve(undefined);
      case 'failed':
        return waiting?.reject(new Error(answer.message));
    }
  }

  #end(error: Error): void {
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}
