import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AUTHORITY_LIFETIME_MS, LEAF_LIFETIME_MS } from './issue.ts';
import { loadLocalCertificate } from './local-certificate.ts';
import { scratch } from './scratch.fixture.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 24 * 60 * 60 * 1000;
const NAMES = ['*.azurecr.localhost', 'localhost', '127.0.0.1', '::1'];

const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).startsWith('OpenSSL');
  } catch {
    return false;
  }
})();

function verifies(directory: string, ...check: readonly string[]): boolean {
  const at = String(NOW / 1000);
  const [ca, leaf] = [join(directory, 'ca.pem'), join(directory, 'server.pem')];
  const options = ['verify', '-x509_strict', '-purpose', 'sslserver', '-attime', at, '-CAfile', ca, ...check, leaf];
  try {
    execFileSync('openssl', options, { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

describe('a local certificate', () => {
  it('passes the strict check of openssl for each of its names and no other', { skip: !hasOpenssl }, async () => {
    await using dir = await scratch();
    await loadLocalCertificate(dir.path, NAMES, NOW);
    assert.equal(verifies(dir.path, '-verify_hostname', 'my.azurecr.localhost'), true);
    assert.equal(verifies(dir.path, '-verify_hostname', 'a.b.azurecr.localhost'), false);
    assert.equal(verifies(dir.path, '-verify_hostname', 'localhost'), true);
    assert.equal(verifies(dir.path, '-verify_hostname', 'elsewhere'), false);
    assert.equal(verifies(dir.path, '-verify_ip', '127.0.0.1'), true);
    assert.equal(verifies(dir.path, '-verify_ip', '::1'), true);
    assert.equal(verifies(dir.path, '-verify_ip', '127.0.0.2'), false);
  });

  it('is the same at the next start, with names in any order and spelling', async () => {
    await using dir = await scratch();
    const first = await loadLocalCertificate(dir.path, NAMES, NOW);
    const again = await loadLocalCertificate(dir.path, ['0:0::1', 'LOCALHOST', '127.0.0.1', NAMES[0] ?? ''], NOW + DAY);
    assert.deepEqual(again, first);
  });

  it('is made anew, by the same authority, when a name is added or removed', async () => {
    await using dir = await scratch();
    const first = await loadLocalCertificate(dir.path, NAMES, NOW);
    const ca = await readFile(join(dir.path, 'ca.pem'), 'utf8');
    const more = await loadLocalCertificate(dir.path, [...NAMES, 'more.test'], NOW);
    const less = await loadLocalCertificate(dir.path, NAMES.slice(1), NOW);
    assert.equal(new Set([first.cert, more.cert, less.cert]).size, 3);
    assert.equal(await readFile(join(dir.path, 'ca.pem'), 'utf8'), ca);
    assert.equal(new X509Certificate(less.cert).verify(new X509Certificate(ca).publicKey), true);
  });

  it('is kept while more than 30 days remain, and made anew after', async () => {
    await using dir = await scratch();
    const first = await loadLocalCertificate(dir.path, NAMES, NOW);
    const end = NOW + LEAF_LIFETIME_MS;
    assert.deepEqual(await loadLocalCertificate(dir.path, NAMES, end - 31 * DAY), first);
    assert.notDeepEqual(await loadLocalCertificate(dir.path, NAMES, end - 29 * DAY), first);
  });

  it('never outlives its authority, which is made anew in time', async () => {
    await using dir = await scratch();
    await loadLocalCertificate(dir.path, NAMES, NOW);
    const late = NOW + AUTHORITY_LIFETIME_MS - 300 * DAY;
    const leaf = new X509Certificate((await loadLocalCertificate(dir.path, NAMES, late)).cert);
    const ca = new X509Certificate(await readFile(join(dir.path, 'ca.pem')));
    assert.equal(leaf.verify(ca.publicKey), true);
    assert.ok(leaf.validToDate <= ca.validToDate);
  });

  it('leaves keys readable by their owner alone, and no temporary file', {
    skip: process.platform === 'win32',
  }, async () => {
    await using dir = await scratch();
    await loadLocalCertificate(dir.path, NAMES, NOW);
    assert.deepEqual((await readdir(dir.path)).sort(), ['ca.key', 'ca.pem', 'server.key', 'server.pem']);
    for (const key of ['ca.key', 'server.key']) assert.equal((await stat(join(dir.path, key))).mode & 0o777, 0o600);
  });

  it('survives a crash between the two files of a pair', async () => {
    await using dir = await scratch();
    const first = await loadLocalCertificate(dir.path, NAMES, NOW);
    await rm(join(dir.path, 'server.pem'));
    assert.notDeepEqual(await loadLocalCertificate(dir.path, NAMES, NOW), first);
    await rm(join(dir.path, 'ca.pem'));
    const after = await loadLocalCertificate(dir.path, NAMES, NOW);
    const ca = new X509Certificate(await readFile(join(dir.path, 'ca.pem')));
    assert.equal(new X509Certificate(after.cert).verify(ca.publicKey), true);
  });

  it('is made anew when its own key is damaged, while a damaged authority is refused by name', async () => {
    await using dir = await scratch();
    const first = await loadLocalCertificate(dir.path, NAMES, NOW);
    await writeFile(join(dir.path, 'server.key'), 'damaged');
    assert.notDeepEqual(await loadLocalCertificate(dir.path, NAMES, NOW), first);
    await writeFile(join(dir.path, 'ca.key'), await readFile(join(dir.path, 'server.key')));
    await assert.rejects(loadLocalCertificate(dir.path, NAMES, NOW), {
      name: 'CertificateError',
      message: /ca\.pem does not belong to the private key\. Restore .*ca\.key from a backup/,
    });
  });

  it('is refused when everybody may read its key', { skip: process.platform === 'win32' }, async () => {
    await using dir = await scratch();
    await loadLocalCertificate(dir.path, NAMES, NOW);
    await chmod(join(dir.path, 'ca.key'), 0o640);
    await loadLocalCertificate(dir.path, NAMES, NOW);
    await chmod(join(dir.path, 'ca.key'), 0o604);
    await assert.rejects(loadLocalCertificate(dir.path, NAMES, NOW), {
      name: 'ExposedFileError',
      message: /ca\.key .* chmod 600 /,
    });
  });
});
