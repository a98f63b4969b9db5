import { Database } from '../../sqlite/database.ts';

/** The epoch of the state in a database; 0 where there is none to be read. */
export function epochOf(path: string): number {
  try {
    using database = new Database(path, 'read');
    return database.get<{ epoch: number }>('SELECT epoch FROM generation')?.epoch ?? 0;
  } catch {
    return 0;
  }
}

/** Sets the epoch of the state in a database that nobody has open; durable when it returns. */
export function setEpoch(path: string, epoch: number): void {
  using database = new Database(path, 'write');
  database.exec('PRAGMA synchronous = FULL');
  database.run('UPDATE generation SET epoch = ?1', epoch);
}
