import { randomUUID } from 'node:crypto';
import type { Database } from '../../sqlite/database.ts';
import type { ContentEvent } from '../port.ts';

/** Keeps events in the transaction that makes the change they tell of. */
export function keepEvents(database: Database, events: readonly Omit<ContentEvent, 'sequence' | 'id'>[]): void {
  for (const event of events)
    database.run('INSERT INTO event (json) VALUES (?1)', JSON.stringify({ ...event, id: randomUUID() }));
}

/** The oldest events that nobody has taken. */
export function readEvents(database: Database, limit: number): readonly ContentEvent[] {
  const rows = database.all<{ sequence: number; json: string }>(
    'SELECT sequence, json FROM event ORDER BY sequence LIMIT ?1',
    limit,
  );
  return rows.map(({ sequence, json }) => ({ ...(JSON.parse(json) as ContentEvent), sequence }));
}

/** Forgets every event up to a sequence. */
export function forgetEvents(database: Database, upTo: number): void {
  database.run('DELETE FROM event WHERE sequence <= ?1', upTo);
}
