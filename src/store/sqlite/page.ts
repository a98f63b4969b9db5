import type { Database } from '../../sqlite/database.ts';
import type { ListOrder, Page, PageRequest } from '../port.ts';

/** How a list is walked in each order: the index that holds it, where a page starts, and the order itself. */
export type Walks = Readonly<Record<ListOrder, Walk>>;

interface Walk {
  readonly index: string;
  /** A condition on `?2` (the last entry's name) and, in an order by time, `?3` (its time). */
  readonly after: string;
  readonly orderBy: string;
}

/** The walks over a table whose entries are named by `column`, with the partial indexes `<table>_listed` and `<table>_by_time`. */
export function walksOf(table: 'tag' | 'manifest', column: string): Walks {
  const name = `${table}.${column}`;
  const time = `${table}.updated_ms`;
  const byTime = `${table}_by_time`;
  return {
    name: { index: `${table}_listed`, after: `${name} > ?2`, orderBy: name },
    timeasc: { index: byTime, after: `(${time}, ${name}) > (?3, ?2)`, orderBy: `${time}, ${name}` },
    timedesc: { index: byTime, after: `(${time}, ${name}) < (?3, ?2)`, orderBy: `${time} DESC, ${name} DESC` },
  };
}

/**
 * What `?2` and `?3` are bound to. By name, the last entry need not exist. By time its time is looked up; when it is
 * gone the walk starts again from the first entry: nothing is skipped (a client that deletes what it was shown gets
 * the rest), but entries may be shown twice. An entry changed since it was shown has moved, and the walk with it.
 */
export function startOf(
  order: ListOrder,
  last: string | undefined,
  timeOf: (last: string) => number | undefined,
): (string | number)[] {
  if (order === 'name') return [last ?? ''];
  const time = last === undefined ? undefined : timeOf(last);
  if (last !== undefined && time !== undefined) return [last, time];
  return ['', order === 'timeasc' ? -1 : Number.MAX_SAFE_INTEGER];
}

/** The query's rows as a page; the query is given one more than the page's limit, so that `more` is known. */
export function pageOf<Row, T>(rows: readonly Row[], { limit }: PageRequest, read: (row: Row) => T): Page<T> {
  return { items: rows.slice(0, limit).map(read), more: rows.length > limit };
}

/** Runs a page's query: its values, and last the number of rows to read. */
export function readPage<Row>(
  database: Database,
  sql: string,
  values: readonly (string | number)[],
  page: PageRequest,
): Row[] {
  return database.all<Row>(sql, ...values, page.limit + 1);
}
