import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { startSeawall } from '../testkit/start-seawall.ts';

const openssl = (...argv: string[]) => promisify(execFile)('openssl', argv);

/** Makes a certificate of one's own for this name, as an operator would. */
async function makePair(folder: string, file: string, commonName: string): Promise<void> {
  const key = join(folder, `${file}.key`);
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await openssl(...request, '-subj', `/CN=${commonName}`, '-keyout', key, '-out', join(folder, `${file}.pem`));
}

/** The common name of the certificate that is shown in a handshake. */
async function shown(port: number): Promise<string | undefined> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: 'myregistry.azurecr.localhost',
    rejectUnauthorized: false,
  });
  await once(socket, 'secureConnect');
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return Array.isArray(name) ? name[0] : name;
}

/** Shakes hands until the certificate of this name is shown; the test's own time is the limit. */
async function waitFor(port: number, name: string): Promise<void> {
  while ((await shown(port)) !== name);
}

describe('an operator’s certificate', () => {
  it('is shown on the registry’s port, and its replacement from the next handshake on', {
    timeout: 20_000,
  }, async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-test-'));
    await makePair(folder.path, 'server', 'first.example');
    await makePair(folder.path, 'next', 'second.example');
    const tlsCert = join(folder.path, 'server.pem');
    const tlsKey = join(folder.path, 'server.key');
    await using seawall = await startSeawall({ settings: { tlsCert, tlsKey } });
    assert.equal(await shown(seawall.port), 'first.example');
    await rename(join(folder.path, 'next.pem'), tlsCert);
    // The pair does not fit together now: the one before is still shown.
    assert.equal(await shown(seawall.port), 'first.example');
    await rename(join(folder.path, 'next.key'), tlsKey);
    await waitFor(seawall.port, 'second.example');
  });
});
