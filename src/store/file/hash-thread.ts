/** The thread that hashes files that are kept, and writes and hashes uploads as they come. Started by `hasher.ts`, never imported. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { collectYoung } from './collect-young.ts';
import type { HashAnswer, ToHashThread, WriteError } from './hasher.ts';
import { firstOf, writeAllSync } from './write.ts';

/** How much of a file is read before the next has its turn, in bytes: a small one does not wait for a large one. */
const TURN_BYTES = 1024 * 1024;

/** After so many bytes the chunks that they came in are collected. */
const COLLECT_BYTES = 16 * 1024 * 1024;

type FileJob = ToHashThread & { readonly kind: 'file' };

interface Running extends FileJob {
  readonly file: number;
  readonly hash: Hash;
  size: number;
}

if (parentPort === null) throw new Error('hash-thread.ts runs as a worker thread only');
const port = parentPort;
const hashes = new Map<number, Hash>();
let buffer: Buffer | undefined;
let running: Running[] = [];
let uncollected = 0;

port.on('message', (message: ToHashThread) => {
  switch (message.kind) {
    case 'file':
      return begin(message);
    case 'begin':
      return void hashes.set(message.hash, createHash(message.algorithm));
    case 'write':
      return write(message);
    case 'hex':
      return answerHash(message);
    case 'end':
      return void hashes.delete(message.hash);
  }
});

function begin(job: FileJob): void {
  try {
    running.push({ ...job, file: openSync(job.path, 'r'), hash: createHash(job.algorithm), size: 0 });
  } catch (error) {
    return fail(job, error);
  }
  if (running.length === 1) setImmediate(turn);
}

function write({ id, hash: number, chunks, fd, position }: ToHashThread & { readonly kind: 'write' }): void {
  const hash = hashes.get(number);
  if (hash === undefined) return fail({ id }, new Error('no such hash was begun'));
  const { written, error } = writeAllSync(fd, chunks, position);
  for (const chunk of firstOf(chunks, written)) {
    hash.update(chunk);
    if (chunk.buffer instanceof ArrayBuffer) uncollected += chunk.length;
  }
  answer({ id, kind: 'written', written, ...(error === undefined ? {} : { error: plain(error) }) });
  if (uncollected < COLLECT_BYTES) return;
  uncollected = 0;
  collectYoung();
}

function answerHash({ id, hash: number }: ToHashThread & { readonly kind: 'hex' }): void {
  const hash = hashes.get(number);
  if (hash === undefined) fail({ id }, new Error('no such hash was begun'));
  else answer({ id, kind: 'hashed', hex: hash.copy().digest('hex'), size: 0 });
}

/** Reads on in each file; what was asked meanwhile joins before the next turn. */
function turn(): void {
  running = running.filter((job) => !readOn(job));
  if (running.length > 0) setImmediate(turn);
}

/** Whether the file is at its end, or cannot be read. */
function readOn(job: Running): boolean {
  buffer ??= Buffer.allocUnsafe(TURN_BYTES);
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

function fail({ id }: { readonly id: number }, error: unknown): void {
  const { code, message } = plain(error);
  answer({ id, kind: code === 'ENOENT' ? 'absent' : 'failed', message });
}

/** A clone of an error has no code. */
function plain(error: unknown): WriteError {
  const { code, message } = error as NodeJS.ErrnoException;
  return { code, message };
}

function answer(message: HashAnswer): void {
  port.postMessage(message);
}
