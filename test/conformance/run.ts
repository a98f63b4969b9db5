/**
 * `npm run conformance`: the official conformance suite of distribution-spec, newest commit, with every option of its
 * README on, over TLS and with a login, against a registry that allows sparse manifests. Exits 1 when anything failed,
 * and when anything was skipped that {@link EXCUSED} does not name; 0 with a line when there is no Go.
 */
import { cp, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestSeawall, startSeawall } from '../../src/testkit/start-seawall.ts';
import { installGoTool } from '../client/go-tool.ts';
import { withMounts } from '../client/private-mounts.ts';
import { type Command, run } from '../client/process.ts';
import { type Excuses, judge } from './report.ts';

const SUITE = { name: 'conformance', source: 'github.com/opencontainers/distribution-spec/conformance@latest' };
const REGISTRY = 'conformance';

/** What the suite may skip or find disabled, with the reason. The key is the name it has in the suite's report. */
const NO_ANONYMOUS_MOUNT = 'a mount without a source becomes an upload, which the specification allows: docs/adr/0005';
const EXCUSED: Excuses = {
  'Blob anonymous mount': NO_ANONYMOUS_MOUNT,
  'OCI Conformance Test/sha256 blobs/mount anonymous/blob-mount-anonymous': NO_ANONYMOUS_MOUNT,
  'OCI Conformance Test/sha512 blobs/mount anonymous/blob-mount-anonymous': NO_ANONYMOUS_MOUNT,
};

const OPTIONS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...['PULL', 'PUSH', 'REFERRER', 'TAGS_ATOMIC', 'TAGS_DELETE', 'TAGS_LIST'].map((name) => `API_${name}`),
    ...['ATOMIC', 'DELETE', 'DIGEST_HEADER', 'MOUNT_ANONYMOUS', 'UPLOAD_CANCEL'].map((name) => `API_BLOBS_${name}`),
    ...['ATOMIC', 'DELETE', 'DIGEST_HEADER', 'TAG_PARAM'].map((name) => `API_MANIFESTS_${name}`),
    ...['IMAGE', 'INDEX', 'INDEX_LIST', 'SPARSE', 'ARTIFACT', 'SUBJECT', 'SUBJECT_MISSING'].map(
      (name) => `DATA_${name}`,
    ),
    ...['ARTIFACT_LIST', 'SUBJECT_LIST', 'DATA_FIELD', 'NONDISTRIBUTABLE'].map((name) => `DATA_${name}`),
    ...['CUSTOM_FIELDS', 'NO_LAYERS', 'EMPTY_BLOB', 'SHA512'].map((name) => `DATA_${name}`),
  ].map((name) => [`OCI_${name}`, 'true']),
);

const suite = await installGoTool(SUITE);
if (suite.kind === 'missing') console.log(`conformance: not run: ${suite.why}`);
else process.exitCode = await runSuite(suite.path);

/** Runs the suite against a registry of its own; answers what to exit with. */
async function runSuite(path: string): Promise<number> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-test-'));
  // The server itself keeps the registry's name in it, as `up` does in that of the machine.
  const hosts = join(folder.path, 'hosts');
  await cp('/etc/hosts', hosts);
  await using seawall = await startSeawall({
    settings: { hostsFile: hosts },
    registries: [{ name: REGISTRY, adminUserEnabled: true, allowSparseManifests: true }],
  });
  const env = { ...OPTIONS, ...reach(seawall), OCI_VERSION: 'dev', OCI_RESULTS_DIR: join(folder.path, 'results') };
  const ended = await run(resolving(hosts, [path]), { env, cwd: folder.path });
  const verdict = judge(ended.stdout, EXCUSED);
  console.log(verdict.text);
  if (verdict.kind === 'unreadable') console.log(ended.stderr);
  return verdict.kind === 'passed' ? 0 : 1;
}

function reach(seawall: TestSeawall): Readonly<Record<string, string>> {
  const { username, password } = seawall.admin(REGISTRY);
  const login = { OCI_USERNAME: username, OCI_PASSWORD: password };
  return { ...login, OCI_REGISTRY: seawall.host(REGISTRY), OCI_TLS: 'enabled', SSL_CERT_FILE: seawall.ca };
}

/** Lets a command see this hosts file. Without root the machine has to resolve the name by itself. */
function resolving(hosts: string, command: Command): Command {
  return process.getuid?.() === 0 ? withMounts([{ place: '/etc/hosts', by: hosts }], command) : command;
}
