import assert from 'node:assert/strict';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openSecretBox } from './secret-box.ts';
import { scratch } from './scratch.fixture.ts';

describe('a secret box', () => {
  it('opens what it sealed, at the next start too', async () => {
    await using dir = await scratch();
    const path = join(dir.path, 'secret.key');
    const sealed = (await openSecretBox(path)).seal('pässword', 'admin#password');
    assert.equal((await openSecretBox(path)).open(sealed, 'admin#password'), 'pässword');
    assert.equal((await stat(path)).mode & 0o077, 0);
  });

  it('seals the same secret differently each time', async () => {
    await using dir = await scratch();
    const box = await openSecretBox(join(dir.path, 'secret.key'));
    assert.notEqual(box.seal('a', 'p'), box.seal('a', 'p'));
  });

  it('does not open at another place, with another key, or what was changed', async () => {
    await using dir = await scratch();
    const box = await openSecretBox(join(dir.path, 'secret.key'));
    const other = await openSecretBox(join(dir.path, 'other.key'));
    const sealed = box.seal('secret', 'place');
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    assert.throws(() => box.open(sealed, 'elsewhere'), { name: 'SecretBoxError', message: /elsewhere/ });
    assert.throws(() => other.open(sealed, 'place'), { name: 'SecretBoxError' });
    assert.throws(() => box.open('', 'place'), { name: 'SecretBoxError' });
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(i) ^ 1, i);
      assert.throws(() => box.open(`v1.${changed.toString('base64url')}`, 'place'), { name: 'SecretBoxError' });
    }
    assert.equal(box.open(sealed, 'place'), 'secret');
  });

  it('is refused when its key is too short or open to everybody', { skip: process.platform === 'win32' }, async () => {
    await using dir = await scratch();
    const path = join(dir.path, 'secret.key');
    await writeFile(path, 'c2hvcnQ\n', { mode: 0o600 });
    await assert.rejects(openSecretBox(path), { name: 'SecretBoxError', message: /does not hold a key of 32 bytes/ });
    await chmod(path, 0o606);
    await assert.rejects(openSecretBox(path), { name: 'ExposedFileError' });
  });
});
