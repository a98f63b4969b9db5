import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startSeawall } from '../testkit/start-seawall.ts';
import { trust, untrust } from './trust.ts';

const skip = existsSync('/usr/sbin/update-ca-certificates') ? false : 'update-ca-certificates not installed';

/** A file system of its own, with a real authority to trust. */
async function scene() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-trust-'));
  const seawall = await startSeawall();
  return {
    root: folder.path,
    caFile: seawall.ca,
    async [Symbol.asyncDispose]() {
      await seawall.close();
      await folder.remove();
    },
  };
}

describe('trust', () => {
  it('of docker is a file for each registry, and is taken back without touching that of others', async () => {
    await using at = await scene();
    const other = join(at.root, 'etc/docker/certs.d/other.example.com');
    await mkdir(other, { recursive: true });
    await writeFile(join(other, 'ca.crt'), 'theirs');
    const request = { ...at, loginServers: ['a.azurecr.localhost:5443', 'b.azurecr.localhost:5443'] };
    const done = await trust('docker', request);
    assert.equal(done.kind === 'done' && done.lines.length, 2);
    const file = join(at.root, 'etc/docker/certs.d/a.azurecr.localhost:5443/ca.crt');
    assert.equal(await readFile(file, 'utf8'), await readFile(at.caFile, 'utf8'));
    await untrust('docker', { ...request, loginServers: [] });
    assert.deepEqual(await readdir(join(at.root, 'etc/docker/certs.d')), ['other.example.com']);
  });

  it('of the system is what its own tool reads, and is taken back', { skip }, async () => {
    await using at = await scene();
    for (const folder of ['usr/local/share/ca-certificates', 'etc/ssl/certs'])
      await mkdir(join(at.root, folder), { recursive: true });
    const request = { ...at, loginServers: [] };
    const bundle = join(at.root, 'etc/ssl/certs/ca-certificates.crt');
    const authority = (await readFile(at.caFile, 'utf8')).trim();
    assert.equal((await trust('system', request)).kind, 'done');
    assert.ok((await readFile(bundle, 'utf8')).includes(authority));
    assert.equal((await untrust('system', request)).kind, 'done');
    assert.ok(!(await readFile(bundle, 'utf8')).includes(authority));
    const again = await untrust('system', request);
    assert.deepEqual(again.kind === 'done' && again.lines, []);
  });

  it('of a system without such a store is refused, with what is missing', async () => {
    await using at = await scene();
    const refused = await trust('system', { ...at, loginServers: [] });
    assert.match(refused.kind === 'failed' ? refused.why : '', /neither .*ca-certificates.* nor .*anchors/);
  });
});
