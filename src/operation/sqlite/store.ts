import { Database } from '../../sqlite/database.ts';
import { prepareDatabase } from '../../sqlite/migrate.ts';
import type { WriterThread } from '../../sqlite/thread.ts';
import { Writer } from '../../sqlite/writer.ts';
import type { Delivery, DeliveryResult, Work, WorkState, WorkStore } from '../port.ts';
import type { operations } from './operations.ts';
import { WORK_MIGRATIONS } from './schema.ts';

/** Opens the work in the SQLite database at `path`, made when absent. One process at a time. */
export async function openWork(options: {
  readonly path: string;
  /** The thread that writes it; its own when absent. */
  readonly thread?: WriterThread;
  readonly onFatal: (error: Error) => void;
}): Promise<WorkStore> {
  const { path, thread, onFatal } = options;
  prepareDatabase(path, WORK_MIGRATIONS);
  const module = new URL('./operations.ts', import.meta.url);
  const writer = await Writer.open<typeof operations>({ path, module, thread, onFatal });
  const reader = new Database(path, 'read');
  return {
    addDeliveries: (deliveries) => writer.call('addDeliveries', deliveries),
    dueDeliveries: (nowMs, limit) =>
      reader
        .all<DeliveryRow>('SELECT * FROM delivery WHERE due_ms <= ?1 ORDER BY due_ms LIMIT ?2', nowMs, limit)
        .map(deliveryOf),
    nextDueMs: () =>
      reader.get<{ due: number | null }>('SELECT min(due_ms) AS due FROM delivery WHERE due_ms IS NOT NULL')?.due ??
      undefined,
    attempted: (attempt) => writer.call('attempted', attempt),
    deliveriesOf: (webhook, limit) =>
      reader
        .all<DeliveryRow>('SELECT * FROM delivery WHERE webhook = ?1 ORDER BY created_ms DESC LIMIT ?2', webhook, limit)
        .map(deliveryOf),
    forgetDeliveries: (bounds) => writer.call('forgetDeliveries', bounds),
    begin: (work) => writer.call('begin', work),
    end: (id, state) => writer.call('end', { id, state }),
    work: (id) => {
      const row = reader.get<WorkRow>('SELECT * FROM work WHERE id = ?1', id);
      return row === undefined ? undefined : workOf(row);
    },
    running: () => reader.all<WorkRow>('SELECT * FROM work WHERE ended_ms IS NULL ORDER BY created_ms').map(workOf),
    forgetWork: (beforeMs) => writer.call('forgetWork', beforeMs),
    async [Symbol.asyncDispose]() {
      reader[Symbol.dispose]();
      await writer[Symbol.asyncDispose]();
    },
  };
}

interface DeliveryRow {
  readonly id: string;
  readonly webhook: string;
  readonly created_ms: number;
  readonly due_ms: number | null;
  readonly attempts: number;
  readonly content: string;
  readonly result: string | null;
}

function deliveryOf({ id, webhook, created_ms, due_ms, attempts, content, result }: DeliveryRow): Delivery {
  return {
    id,
    webhook,
    createdMs: created_ms,
    dueMs: due_ms ?? undefined,
    attempts,
    content,
    result: result === null ? undefined : (JSON.parse(result) as DeliveryResult),
  };
}

interface WorkRow {
  readonly id: string;
  readonly resource: string;
  readonly created_ms: number;
  readonly input: string;
  readonly state: string;
}

function workOf({ id, resource, created_ms, input, state }: WorkRow): Work {
  return { id, kind: 'import', resource, createdMs: created_ms, input, state: JSON.parse(state) as WorkState };
}
