/** The thread that owns a database's one write connection. Started by `writer.ts`, never imported. */
import { parentPort, workerData } from 'node:worker_threads';
import { runBatch } from './batch.ts';
import { checkpoint, LOG_PAGES } from './checkpoint.ts';
import { Database } from './database.ts';
import type { FromThread, ThreadData, ToThread } from './message.ts';
import type { Operations } from './operation.ts';

/** A log that has waited this long (ms) with nothing else to do is checkpointed. */
const IDLE_MS = 1_000;

if (parentPort === null) throw new Error('writer-thread.ts runs as a worker thread only');
const port = parentPort;
const { path, module } = workerData as ThreadData;
const { operations } = (await import(module)) as { operations: Operations };
const database = new Database(path, 'write');
database.useWriteAheadLog();
let idle: NodeJS.Timeout | undefined;

port.on('message', (message: ToThread) => {
  clearTimeout(idle);
  if (message.kind === 'close') return close();
  const outcome = runBatch(database, operations, message.calls);
  answer(outcome);
  if (outcome.kind === 'in-doubt') return;
  checkpointOrReport(LOG_PAGES);
  idle = setTimeout(() => checkpointOrReport(0), IDLE_MS);
});
answer({ kind: 'ready' });

function answer(message: FromThread): void {
  port.postMessage(message);
}

function checkpointOrReport(allowed: number): void {
  try {
    checkpoint(database, allowed);
  } catch (error) {
    answer({ kind: 'in-doubt', message: `the write-ahead log could not be checkpointed: ${String(error)}` });
  }
}

function close(): void {
  database[Symbol.dispose]();
  port.close();
}
