/** The writes of work: the module that the writer's thread loads. */
import type { Database } from '../../sqlite/database.ts';
import type { Operations } from '../../sqlite/operation.ts';
import type { Delivery, DeliveryResult, Work, WorkState } from '../port.ts';

export const operations = {
  addDeliveries: { run: addDeliveries },
  attempted: { run: attempted },
  forgetDeliveries: { soft: true, run: forgetDeliveries },
  begin: { run: begin },
  end: { run: end },
  forgetWork: { soft: true, run: forgetWork },
} as const satisfies Operations;

function addDeliveries(database: Database, deliveries: readonly Delivery[]): void {
  for (const { id, webhook, createdMs, dueMs, content } of deliveries)
    database.run(
      'INSERT OR IGNORE INTO delivery VALUES (?1, ?2, ?3, ?4, 0, ?5, NULL)',
      id,
      webhook,
      createdMs,
      dueMs ?? null,
      content,
    );
}

interface Attempt {
  readonly id: string;
  readonly result: DeliveryResult;
  readonly dueMs: number | undefined;
}

function attempted(database: Database, { id, result, dueMs }: Attempt): void {
  database.run(
    'UPDATE delivery SET attempts = attempts + 1, due_ms = ?2, result = ?3 WHERE id = ?1',
    id,
    dueMs ?? null,
    JSON.stringify(result),
  );
}

function forgetDeliveries(
  database: Database,
  { beforeMs, keep }: { readonly beforeMs: number; readonly keep: number },
): void {
  database.run('DELETE FROM delivery WHERE created_ms < ?1', beforeMs);
  database.run(
    `DELETE FROM delivery WHERE due_ms IS NULL AND id IN (
       SELECT id FROM (
         SELECT id, row_number() OVER (PARTITION BY webhook ORDER BY created_ms DESC) AS place FROM delivery
       ) WHERE place > ?1)`,
    keep,
  );
}

function begin(database: Database, { id, kind, resource, createdMs, input, state }: Work): void {
  database.run(
    'INSERT INTO work VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6)',
    id,
    kind,
    resource,
    createdMs,
    input,
    JSON.stringify(state),
  );
}

function end(
  database: Database,
  { id, state }: { readonly id: string; readonly state: Exclude<WorkState, { readonly kind: 'running' }> },
): void {
  database.run(
    "UPDATE work SET ended_ms = ?2, state = ?3, input = '' WHERE id = ?1",
    id,
    state.endedMs,
    JSON.stringify(state),
  );
}

function forgetWork(database: Database, beforeMs: number): void {
  database.run('DELETE FROM work WHERE ended_ms < ?1', beforeMs);
}
