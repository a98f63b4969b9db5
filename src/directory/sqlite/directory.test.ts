import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Database } from '../../sqlite/database.ts';
import { type DirectoryStorage, directoryContract } from '../contract.ts';
import type { Directory, Sealer } from '../port.ts';
import { openSqliteDirectory } from './directory.ts';
import { inTransaction } from './transaction.ts';

const NOW = Date.UTC(2026, 5, 1);

/** Not a cipher, but it shows whether each text is opened at the place where it was sealed. */
const SEALER: Sealer = {
  seal: (secret, place) => Buffer.from(JSON.stringify([place, secret])).toString('base64'),
  open: (sealed, place) => {
    const [at, secret] = JSON.parse(Buffer.from(sealed, 'base64').toString()) as [string, string];
    assert.equal(at, place);
    return secret;
  },
};

async function temporary(): Promise<DirectoryStorage & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'seawall-'));
  const path = join(folder, 'directory.db');
  return {
    path,
    open: (): Directory =>
      openSqliteDirectory(path, { sealer: SEALER, onFatal: (error) => assert.fail(String(error)) }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

directoryContract('sqlite', temporary);

describe('the SQLite directory', () => {
  it('never writes a secret as it is', async () => {
    await using at = await temporary();
    using directory = at.open();
    const registry = await directory.ensureRegistry('myregistry', NOW);
    const secrets = [
      (await directory.ensureOwner({ keepSecret: true, nowMs: NOW })).clientSecret ?? '',
      (await directory.adminPasswords(registry, NOW)).password,
      await directory.generateTokenPassword({ registry, token: 'ci', slot: 'password1', nowMs: NOW }),
    ];
    const written = Buffer.concat([await readFile(at.path), await readFile(`${at.path}-wal`)]);
    assert.equal(written.includes('myregistry'), true);
    for (const secret of secrets) {
      assert.match(secret, /^[a-zA-Z0-9][a-zA-Z0-9_-]{51}$/);
      assert.equal(written.includes(secret), false);
    }
  });

  it('written by a newer release is refused, and not changed', async () => {
    await using at = await temporary();
    at.open()[Symbol.dispose]();
    {
      using database = new Database(at.path, 'write');
      database.exec('PRAGMA user_version = 99');
    }
    assert.throws(() => at.open(), { name: 'DatabaseTooNewError' });
  });
});

describe('a transaction of the directory', () => {
  it('is undone when its work fails; the process is stopped only when the database has failed', async () => {
    await using at = await temporary();
    using database = new Database(at.path, 'write');
    database.exec('CREATE TABLE t (x)');
    const fatal: unknown[] = [];
    const attempt = (error: Error): void =>
      assert.throws(
        () =>
          inTransaction(
            database,
            () => {
              database.run('INSERT INTO t VALUES (1)');
              throw error;
            },
            (cause) => void fatal.push(cause),
          ),
        error,
      );
    attempt(new Error('a broken assumption'));
    assert.deepEqual(database.all('SELECT * FROM t'), []);
    assert.deepEqual(fatal, []);
    const inDoubt = Object.assign(new Error('disk I/O error'), { errcode: 10 });
    attempt(inDoubt);
    assert.deepEqual(fatal, [inDoubt]);
  });
});
