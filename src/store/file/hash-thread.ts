/** The thread that hashes files that are kept. Started by `hasher.ts`, never imported. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { HashAnswer, HashJob } from './hasher.ts';

/** How much of a file is read before the next has its turn, in bytes: a small one does not wait for a large one. */
const TURN_BYTES = 1024 * 1024;

interface Running extends HashJob {
  readonly file: number;
  readonly hash: Hash;
  size: number;
}

if (parentPort === null) throw new Error('hash-thread.ts runs as a worker thread only');
const port = parentPort;
const buffer = Buffer.allocUnsafe(TURN_BYTES);
let running: Running[] = [];

port.on('message', (job: HashJob) => {
  try {
    running.push({ ...job, file: openSync(job.path, 'r'), hash: createHash(job.algorithm), size: 0 });
  } catch (error) {
    return fail(job, error);
  }
  if (running.length === 1) setImmediate(turn);
});

/** Reads on in each file; what was asked meanwhile joins before the next turn. */
function turn(): void {
  running = running.filter((job) => !readOn(job));
  if (running.length > 0) setImmediate(turn);
}

/** Whether the file is at its end, or cannot be read. */
function readOn(job: Running): boolean {
  try {
    const read = readSync(job.file, buffer, 0, TURN_BYTES, job.size);
    job.size += read;
    job.hash.update(buffer.subarray(0, read));
    if (read > 0) return false;
    answer({ id: job.id, kind: 'hashed', hex: job.hash.digest('hex'), size: job.size });
  } catch (error) {
    fail(job, error);
  }
  closeSync(job.file);
  return true;
}

function fail({ id }: HashJob, error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException;
  answer({ id, kind: code === 'ENOENT' ? 'absent' : 'failed', message });
}

function answer(message: HashAnswer): void {
  port.postMessage(message);
}
