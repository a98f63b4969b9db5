import { spawn } from 'node:child_process';
import { access, copyFile, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a certificate authority can be made known. */
export type TrustPlace = 'docker' | 'system';

/** What is to be trusted, and for which registries. */
export interface TrustRequest {
  /** PEM file of the authority. */
  readonly caFile: string;
  /** Login servers, with their port. */
  readonly loginServers: readonly string[];
  /** `/`, but for tests. */
  readonly root: string;
}

/** What was done, line by line; or why it was not. */
export type Trusted =
  | { readonly kind: 'done'; readonly lines: readonly string[] }
  | { readonly kind: 'failed'; readonly why: string };

/** A store of trusted authorities, by distribution: the folder for own ones, and the command that reads it. */
interface Store {
  readonly folder: string;
  readonly command: string;
  readonly args: (root: string) => readonly string[];
}

const DEBIAN: Store = {
  folder: 'usr/local/share/ca-certificates',
  command: 'update-ca-certificates',
  args: (root) =>
    root === '/'
      ? []
      : [
          '--localcertsdir',
          join(root, 'usr/local/share/ca-certificates'),
          '--etccertsdir',
          join(root, 'etc/ssl/certs'),
        ],
};
const FEDORA: Store = { folder: 'etc/pki/ca-trust/source/anchors', command: 'update-ca-trust', args: () => [] };

/** Makes docker (a file for each registry) or the whole system trust the authority. */
export function trust(place: TrustPlace, request: TrustRequest): Promise<Trusted> {
  return attempt(place, () => (place === 'docker' ? trustDocker(request) : trustSystem(request)));
}

/** Takes back what {@link trust} did; only files that hold this very authority are removed. */
export function untrust(place: TrustPlace, request: TrustRequest): Promise<Trusted> {
  return attempt(place, () => (place === 'docker' ? untrustDocker(request) : untrustSystem(request)));
}

async function attempt(place: TrustPlace, work: () => Promise<readonly string[]>): Promise<Trusted> {
  try {
    return { kind: 'done', lines: await work() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = error instanceof Error && 'code' in error && error.code === 'EACCES' ? '; run it again with sudo' : '';
    return { kind: 'failed', why: `trust of ${place} could not be changed: ${why}${hint}` };
  }
}

async function trustDocker({ caFile, loginServers, root }: TrustRequest): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const server of loginServers) {
    const folder = join(root, 'etc/docker/certs.d', server);
    await mkdir(folder, { recursive: true });
    await copyFile(caFile, join(folder, 'ca.crt'));
    lines.push(`docker trusts ${server}: ${join(folder, 'ca.crt')}`);
  }
  return lines;
}

async function untrustDocker({ caFile, root }: TrustRequest): Promise<readonly string[]> {
  const above = join(root, 'etc/docker/certs.d');
  const lines: string[] = [];
  // Registries that are gone are looked at, too.
  for (const server of await readdir(above).catch(() => [])) {
    const file = join(above, server, 'ca.crt');
    if (!(await isSame(caFile, file))) continue;
    await rm(file);
    await rmdir(join(above, server)).catch(() => undefined);
    lines.push(`docker does not trust ${server} any more`);
  }
  return lines;
}

async function trustSystem({ caFile, root }: TrustRequest): Promise<readonly string[]> {
  const store = await findStore(root);
  const file = join(root, store.folder, 'seawall.crt');
  await copyFile(caFile, file);
  await update(store, root);
  return [
    `this system trusts Seawall's authority: ${file}`,
    'programs that run already, such as dockerd, have to be started again',
  ];
}

async function untrustSystem({ caFile, root }: TrustRequest): Promise<readonly string[]> {
  const store = await findStore(root);
  const file = join(root, store.folder, 'seawall.crt');
  if (!(await isSame(caFile, file))) return [];
  await rm(file);
  await update(store, root);
  return [`this system does not trust Seawall's authority any more`];
}

async function findStore(root: string): Promise<Store> {
  for (const store of [DEBIAN, FEDORA]) {
    const found = await access(join(root, store.folder)).then(
      () => true,
      () => false,
    );
    if (found) return store;
  }
  throw new Error(`neither /${DEBIAN.folder} (Debian) nor /${FEDORA.folder} (Fedora) is there`);
}

function update({ command, args }: Store, root: string): Promise<void> {
  const child = spawn(command, args(root), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${code}: ${said.trim().slice(0, 300)}`));
    });
  });
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((file) => readFile(file, 'utf8').catch(() => undefined)));
  return a !== undefined && a === b;
}
