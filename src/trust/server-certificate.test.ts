import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { issueAuthority, issueLeaf, LEAF_LIFETIME_MS } from './issue.ts';
import type { KeyPair } from './key-pair.ts';
import { scratch } from './scratch.fixture.ts';
import { openServerCertificate, type ServerCertificate } from './server-certificate.ts';

const NOBODY = 65_534;
const NOW = Date.UTC(2026, 5, 1);
const DAY = 24 * 60 * 60 * 1000;

interface Bench extends AsyncDisposable {
  readonly certFile: string;
  readonly keyFile: string;
  readonly reports: string[];
  clockMs: number;
  issue(): Promise<KeyPair>;
  write(pair: Partial<KeyPair>): Promise<void>;
  open(): Promise<ServerCertificate>;
}

async function bench(): Promise<Bench> {
  const dir = await scratch();
  const authority = await issueAuthority(NOW);
  const [certFile, keyFile] = [join(dir.path, 'tls.crt'), join(dir.path, 'tls.key')];
  const reports: string[] = [];
  const self: Bench = {
    certFile,
    keyFile,
    reports,
    clockMs: NOW,
    issue: () => issueLeaf(authority, ['registry.example'], NOW),
    write: async ({ cert, key }) => {
      if (key !== undefined) await writeFile(keyFile, key, { mode: 0o600 });
      if (cert !== undefined) await writeFile(certFile, cert);
    },
    open: () =>
      openServerCertificate({
        source: { kind: 'operator', certFile, keyFile },
        now: () => self.clockMs,
        report: (message) => void reports.push(message),
      }),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
  return self;
}

function nextPair(certificate: ServerCertificate): Promise<KeyPair> {
  return new Promise((resolve) => certificate.onChange(resolve));
}

/** Whoever runs this may not read the file meanwhile: root stops being root, as a server with a lab does. */
function withoutAccess(file: string): Disposable {
  if (process.geteuid?.() !== 0) {
    chmodSync(file, 0);
    return { [Symbol.dispose]: () => chmodSync(file, 0o600) };
  }
  process.seteuid?.(NOBODY);
  return { [Symbol.dispose]: () => process.seteuid?.(0) };
}

describe('an operator certificate', () => {
  it('is served as it is in its files', async () => {
    await using b = await bench();
    const pair = await b.issue();
    await b.write(pair);
    using certificate = await b.open();
    assert.deepEqual(certificate.current(), pair);
    assert.equal(certificate.caFile, undefined);
    assert.deepEqual(b.reports, []);
  });

  it('is replaced, without a restart, when both files have changed', async () => {
    await using b = await bench();
    await b.write(await b.issue());
    using certificate = await b.open();
    const changed = nextPair(certificate);
    const next = await b.issue();
    await b.write(next);
    assert.deepEqual(await changed, next);
    assert.deepEqual(certificate.current(), next);
  });

  it('is replaced when both files are renamed into place', async () => {
    await using b = await bench();
    await b.write(await b.issue());
    using certificate = await b.open();
    const changed = nextPair(certificate);
    const next = await b.issue();
    await writeFile(`${b.certFile}.new`, next.cert);
    await writeFile(`${b.keyFile}.new`, next.key, { mode: 0o600 });
    await rename(`${b.certFile}.new`, b.certFile);
    await rename(`${b.keyFile}.new`, b.keyFile);
    assert.deepEqual(await changed, next);
  });

  it('stays while its files are half changed, which is reported once', async () => {
    await using b = await bench();
    const first = await b.issue();
    await b.write(first);
    using certificate = await b.open();
    const next = await b.issue();
    await b.write({ cert: next.cert });
    await certificate.refresh();
    await certificate.refresh();
    assert.deepEqual(certificate.current(), first);
    assert.equal(b.reports.filter((report) => report.includes('does not belong to the private key')).length, 1);
    const changed = nextPair(certificate);
    await b.write({ key: next.key });
    assert.deepEqual(await changed, next);
  });

  it('stays where root alone may read the next one and the server is root no more, which is reported with what to do', async () => {
    await using b = await bench();
    const first = await b.issue();
    await b.write(first);
    using certificate = await b.open();
    using _ = withoutAccess(b.keyFile);
    await certificate.refresh();
    assert.deepEqual(certificate.current(), first);
    assert.match(b.reports.join(''), /tls\.(?:crt|key) may not be read by uid \d+, .*chgrp \d+ .* && chmod 640 /);
  });

  it('stays when its files are removed', async () => {
    await using b = await bench();
    const first = await b.issue();
    await b.write(first);
    using certificate = await b.open();
    await rm(b.certFile);
    await certificate.refresh();
    assert.deepEqual(certificate.current(), first);
    assert.match(b.reports.at(-1) ?? '', /^the certificate in use stays: .*tls\.crt is not there/);
  });

  it('that has expired is refused, a day before it is not', async () => {
    await using b = await bench();
    await b.write(await b.issue());
    b.clockMs = NOW + LEAF_LIFETIME_MS - DAY;
    using _ = await b.open();
    b.clockMs = NOW + LEAF_LIFETIME_MS + DAY;
    await assert.rejects(b.open(), { name: 'CertificateError', message: /tls\.crt expired on .*Renew it/ });
  });

  it('that is not valid yet is refused', async () => {
    await using b = await bench();
    await b.write(await b.issue());
    b.clockMs = NOW - 2 * DAY;
    await assert.rejects(b.open(), { message: /tls\.crt is valid only from .*clock/ });
  });

  it('whose key belongs to another is refused, naming both files', async () => {
    await using b = await bench();
    await b.write({ ...(await b.issue()), key: (await b.issue()).key });
    await assert.rejects(b.open(), { message: /tls\.crt does not belong to the private key in .*tls\.key/ });
  });

  it('that is no certificate, whose key is no key, or that is absent, is refused by name', async () => {
    await using b = await bench();
    const pair = await b.issue();
    await b.write({ cert: 'nonsense', key: pair.key });
    await assert.rejects(b.open(), { message: /tls\.crt is not a PEM certificate/ });
    await b.write({ cert: pair.cert, key: 'nonsense' });
    await assert.rejects(b.open(), { message: /tls\.key is not a PEM private key/ });
    await rm(b.keyFile);
    await assert.rejects(b.open(), { message: /tls\.key is not there\. Check --tls-cert and --tls-key/ });
  });

  it('is served, with a warning, when everybody may read its key', { skip: process.platform === 'win32' }, async () => {
    await using b = await bench();
    await b.write(await b.issue());
    await chmod(b.keyFile, 0o644);
    using _ = await b.open();
    assert.match(b.reports[0] ?? '', /tls\.key .* chmod 600 /);
  });
});

describe('a local certificate of a running server', () => {
  it('is renewed before it ends', async () => {
    await using dir = await scratch();
    let clockMs = NOW;
    using certificate = await openServerCertificate({
      source: { kind: 'local', file: 'server', directory: dir.path, names: ['localhost'] },
      now: () => clockMs,
      report: assert.fail,
    });
    const first = certificate.current();
    await certificate.refresh();
    assert.deepEqual(certificate.current(), first);
    const changed = nextPair(certificate);
    clockMs = NOW + LEAF_LIFETIME_MS - 10 * DAY;
    await certificate.refresh();
    assert.deepEqual(await changed, certificate.current());
    assert.notDeepEqual(certificate.current(), first);
    assert.match(await readFile(certificate.caFile ?? '', 'utf8'), /BEGIN CERTIFICATE/);
  });

  it('that is there already is opened without loading the library that makes them', async () => {
    await using dir = await scratch();
    const source = JSON.stringify({ kind: 'local', directory: dir.path, names: ['localhost'] });
    const script = `
      const { openServerCertificate } = await import(${JSON.stringify(new URL('server-certificate.ts', import.meta.url).href)});
      (await openServerCertificate({ source: ${source}, now: Date.now, report: console.error }))[Symbol.dispose]();
      console.log(typeof Reflect.getMetadata);`;
    const run = (): string =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim();
    assert.equal(run(), 'function');
    assert.equal(run(), 'undefined');
  });
});
