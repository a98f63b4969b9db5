/**
 * `npm run release`: what is shipped, in `dist/`, with what it is made of (CycloneDX), where it comes from (in-toto statement,
 * SLSA provenance v1) and checksums. `--key FILE` signs the statement: a private key as PEM, Ed25519 or ECDSA on P-256. Refuses a
 * work tree that is not what its commit says.
 */
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { IN_TOTO, keyIdOf, seal, unfit } from './dsse.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DIST = join(ROOT, 'dist');

const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 });
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const key = keyOf(parseArgs({ options: { key: { type: 'string' } } }).values.key);
const changed = run('git', 'status', '--porcelain');
if (changed !== '') {
  console.error(`release: the work tree differs from its commit; commit or stash first:\n${changed}`);
  process.exit(1);
}
const commit = run('git', 'rev-parse', 'HEAD').trim();
const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly name: string;
  readonly version: string;
};
const stem = `${name}-${version}`;
rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);
const startedOn = new Date().toISOString();
run('npm', 'pack', '--pack-destination', DIST);
const bom = run('npm', 'sbom', '--package-lock-only', '--omit', 'dev', '--sbom-format', 'cyclonedx');
writeFileSync(join(DIST, `${stem}.cdx.json`), bom);
const shipped = [`${stem}.tgz`, `${stem}.cdx.json`];
const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: shipped.map((file) => ({ name: file, digest: { sha256: sha256(join(DIST, file)) } })),
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: 'https://docs.npmjs.com/cli/commands/npm-pack',
      externalParameters: { command: 'npm run release' },
      internalParameters: { node: process.version, npm: run('npm', '--version').trim() },
      resolvedDependencies: [
        { name: 'source', digest: { gitCommit: commit } },
        { name: 'package-lock.json', digest: { sha256: sha256(join(ROOT, 'package-lock.json')) } },
      ],
    },
    runDetails: {
      builder: { id: 'a work tree of whoever made the release' },
      metadata: { startedOn, finishedOn: new Date().toISOString() },
    },
  },
};
const text = `${JSON.stringify(statement, undefined, 2)}\n`;
writeFileSync(join(DIST, `${stem}.intoto.json`), text);
const envelope = `${stem}.intoto.dsse.json`;
if (key !== undefined)
  writeFileSync(join(DIST, envelope), `${JSON.stringify(seal(IN_TOTO, text, key), undefined, 2)}\n`);
const files = [...shipped, `${stem}.intoto.json`, ...(key === undefined ? [] : [envelope])];
writeFileSync(join(DIST, 'SHA256SUMS'), files.map((file) => `${sha256(join(DIST, file))}  ${file}\n`).join(''));
console.log(`dist/: ${[...files, 'SHA256SUMS'].join(', ')}; check by: cd dist && sha256sum -c SHA256SUMS`);
if (key === undefined)
  console.log(
    'release: unsigned: its statement is worth what its place is worth. Sign it by npm run release -- --key PRIVATE.pem',
  );
else
  console.log(
    `release: signed by ${keyIdOf(key)}; check by: npm run verify -- --key PUBLIC.pem dist (openssl pkey -in PRIVATE.pem -pubout)`,
  );

/** The key to sign with; ends the run where it cannot be used. */
function keyOf(file: string | undefined): KeyObject | undefined {
  if (file === undefined) return undefined;
  let why: string | undefined;
  try {
    const found = createPrivateKey(readFileSync(resolve(file)));
    why = unfit(found);
    if (why === undefined) return found;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  console.error(`release: ${file}: ${why}. Make one by: openssl genpkey -algorithm ed25519 -out PRIVATE.pem`);
  process.exit(1);
}
