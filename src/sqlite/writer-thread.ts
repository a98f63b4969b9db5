/** A thread that owns the one write connection of each of its databases. Started by `thread.ts`, never imported. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { runBatch } from './batch.ts';
import { checkpoint, LOG_PAGES } from './checkpoint.ts';
import { Database } from './database.ts';
import type { FromThread, ToOpen, ToThread } from './message.ts';
import type { Operations } from './operation.ts';

/** A log that has waited this long (ms) with nothing else to do is checkpointed. */
const IDLE_MS = 1_000;

if (parentPort === null) throw new Error('writer-thread.ts runs as a worker thread only');
const thread = parentPort;
thread.on('message', (asked: ToOpen) => {
  // From here on the databases keep the thread.
  thread.unref();
  void open(asked);
});

async function open({ path, module, port }: ToOpen): Promise<void> {
  try {
    const { operations } = (await import(module)) as { operations: Operations };
    const database = new Database(path, 'write');
    database.useWriteAheadLog();
    serve(database, operations, port);
    answer(port, { kind: 'ready' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? { code: String(error.code) } : {};
    answer(port, { kind: 'unopened', message: error instanceof Error ? error.message : String(error), ...code });
    port.close();
  }
}

function serve(database: Database, operations: Operations, port: MessagePort): void {
  let idle: NodeJS.Timeout | undefined;
  port.on('message', (message: ToThread) => {
    clearTimeout(idle);
    if (message.kind === 'close') return close(database, port);
    const outcome = runBatch(database, operations, message.calls);
    answer(port, outcome);
    if (outcome.kind === 'in-doubt') return;
    checkpointOrReport(database, LOG_PAGES, port);
    idle = setTimeout(() => checkpointOrReport(database, 0, port), IDLE_MS);
  });
}

function answer(port: MessagePort, message: FromThread): void {
  port.postMessage(message);
}

function checkpointOrReport(database: Database, allowed: number, port: MessagePort): void {
  try {
    checkpoint(database, allowed);
  } catch (error) {
    answer(port, { kind: 'in-doubt', message: `the write-ahead log could not be checkpointed: ${String(error)}` });
  }
}

function close(database: Database, port: MessagePort): void {
  database[Symbol.dispose]();
  port.close();
}
