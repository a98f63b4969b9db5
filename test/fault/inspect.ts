import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';

/** Every database of a data folder. */
const DATABASES = ['metadata.db', 'directory.db', 'state.db', 'work.db'] as const;

/** Rows that no sequence of whole transactions leaves behind, as a query that must find none. */
const CONTRADICTIONS: Readonly<Record<string, string>> = {
  'a manifest names a blob that its repository does not link': `
    SELECT r.digest FROM reference r
    WHERE NOT EXISTS (SELECT 1 FROM manifest m WHERE m.repository = r.repository AND m.digest = r.digest) AND NOT EXISTS (
      SELECT 1 FROM link l JOIN blob b ON b.id = l.blob
      WHERE l.repository = r.repository AND b.digest = r.digest AND l.condemned IS NULL AND b.damaged = 0)`,
  'a blob is linked by no repository': 'SELECT digest FROM blob WHERE id NOT IN (SELECT blob FROM link)',
  'bytes that a blob has are condemned': 'SELECT locator FROM trash WHERE locator IN (SELECT locator FROM blob)',
  'a repository counts its manifests wrongly': `
    SELECT name FROM repository r WHERE manifests <> (SELECT count(*) FROM manifest WHERE repository = r.id)`,
  'a repository counts its tags wrongly': `
    SELECT name FROM repository r WHERE tags <> (SELECT count(*) FROM tag WHERE repository = r.id)`,
  'a registry counts the links of a blob wrongly': `
    SELECT h.blob FROM holding h WHERE links <> (
      SELECT count(*) FROM link l JOIN repository r ON r.id = l.repository WHERE l.blob = h.blob AND r.registry = h.registry)`,
  'a registry counts its bytes wrongly': `
    SELECT uid FROM registry g WHERE bytes <> (
      SELECT coalesce(sum(b.size), 0) FROM holding h JOIN blob b ON b.id = h.blob WHERE h.registry = g.id)`,
};

/** Holds the databases of a data folder against what must be true of them, whether a server runs on it or not. */
export function assertConsistent(dataDir: string): void {
  for (const name of DATABASES) {
    using database = new DatabaseSync(join(dataDir, name), { readOnly: true });
    const found = database.prepare('PRAGMA integrity_check').all();
    assert.deepEqual(
      found.map((row) => row['integrity_check']),
      ['ok'],
      name,
    );
    assert.deepEqual(database.prepare('PRAGMA foreign_key_check').all(), [], name);
  }
  using metadata = new DatabaseSync(join(dataDir, 'metadata.db'), { readOnly: true });
  for (const [what, query] of Object.entries(CONTRADICTIONS)) assert.deepEqual(metadata.prepare(query).all(), [], what);
}

/** Each blob that is known has its bytes. `hash`: and they are those of its digest. */
export async function assertBytes(dataDir: string, { hash = false } = {}): Promise<void> {
  using metadata = new DatabaseSync(join(dataDir, 'metadata.db'), { readOnly: true });
  for (const row of metadata.prepare('SELECT digest, size, locator FROM blob').all()) {
    const { digest, size, locator } = row as { digest: string; size: number; locator: string };
    const path = bytesPath(dataDir, locator);
    assert.equal((await stat(path)).size, size, `the bytes of ${digest}`);
    if (hash) assert.equal(await digestOfFile(path, digest), digest);
  }
}

/** Files of bytes that neither a blob nor the trash names. */
export async function orphansOf(dataDir: string): Promise<readonly string[]> {
  const blobs = join(dataDir, 'content', 'blobs');
  const files: string[] = [];
  for (const shard of await readdir(blobs)) files.push(...(await readdir(join(blobs, shard))));
  using metadata = new DatabaseSync(join(dataDir, 'metadata.db'), { readOnly: true });
  const named = metadata.prepare('SELECT locator FROM blob UNION SELECT locator FROM trash').all();
  const known = new Set(named.map((row) => String(row['locator'])));
  return files.filter((file) => !known.has(file));
}

/** Where the bytes of a blob are. */
export function bytesPath(dataDir: string, locator: string): string {
  return join(dataDir, 'content', 'blobs', locator.slice(-3, -1), locator);
}

async function digestOfFile(path: string, as: string): Promise<string> {
  const [algorithm = ''] = as.split(':');
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return `${algorithm}:${hash.digest('hex')}`;
}
