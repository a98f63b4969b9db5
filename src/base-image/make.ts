import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bootstrap, CODENAME } from './bootstrap.ts';
import { type BaseImage, DEFAULT_OS, isImageName, osOf, type Purpose, SCHEMA, versionAt } from './image.ts';
import { LAYOUT_FILE, unpackLayout } from './layout.ts';
import { hostsOf, readMachineApt } from './machine-apt.ts';
import { packageHostsIn } from './package-hosts.ts';
import { runContained, runTool } from './run-tool.ts';
import { beginImage, freeBytes } from './shelf.ts';

/** What a base root is made of. */
export type Origin =
  | { readonly kind: 'packages'; readonly purpose: Purpose }
  /** An OCI image layout, or a folder with a root's files. */
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'machine' };

/** What is to be made. */
export interface ImageOrder {
  /** The folder of all base roots. */
  readonly images: string;
  readonly origin: Origin;
  /** Its name, where it is not to be that of its distribution. */
  readonly name: string | undefined;
  readonly nowMs: number;
  /** Called at each step. */
  readonly told: (step: string) => void;
}

/** The outcome of making a base root. */
export type Made =
  | { readonly kind: 'made'; readonly image: BaseImage }
  | { readonly kind: 'refused'; readonly why: string };

/** Free space without which nothing is begun, in bytes: a root has about 250 MB, and packages come on top. */
const LEAST_FREE = 1_000_000_000;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
/** Folders of this machine that are no part of a root. */
const NOT_OF_A_ROOT = ['proc', 'sys', 'dev', 'run', 'tmp', 'mnt', 'media', 'lost+found'];

/** Makes a base root; nothing is left of one that was not finished. Throws when a step fails, with what it said. */
export async function makeImage(order: ImageOrder): Promise<Made> {
  const why = await refusal(order);
  if (why !== undefined) return { kind: 'refused', why };
  await using making = await beginImage(order.images);
  await fill(making.root, order);
  const packageHosts = await packageHostsIn(making.root);
  const os = osOf(await releaseOf(making.root)) ?? 'unknown';
  const lacking = await lackingOf(making.root, order.origin);
  if (lacking !== undefined) return { kind: 'refused', why: lacking };
  const purpose = order.origin.kind === 'packages' ? order.origin.purpose : 'machines';
  const usual = purpose === 'machines' ? os : `${os}-containers`;
  const image: BaseImage = {
    schema: SCHEMA,
    name: order.name ?? usual,
    version: versionAt(order.nowMs),
    os,
    purpose,
    from: fromOf(order.origin),
    packageHosts,
  };
  if (!isImageName(image.name)) return { kind: 'refused', why: nameRefusal(image.name) };
  await making.keep(image);
  return { kind: 'made', image };
}

function nameRefusal(name: string): string {
  return `${JSON.stringify(name)} is no name of an image: it has 1 to 64 lower-case letters, digits, "." and "-"; give one by --name`;
}

function fromOf(origin: Origin): string {
  switch (origin.kind) {
    case 'packages':
      return `packages of Debian ${CODENAME}`;
    case 'folder':
      return resolve(origin.path);
    case 'machine':
      return 'the root of this machine';
  }
}

async function refusal({ images, origin, name }: ImageOrder): Promise<string | undefined> {
  if (process.platform !== 'linux') return `base images are made on Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'making a base image needs root: sudo seawall lab image';
  if (name !== undefined && !isImageName(name)) return nameRefusal(name);
  const free = await freeBytes(images);
  if (free < LEAST_FREE)
    return `${images} has ${Math.floor(free / 1_000_000)} MB free, and a base image needs ${LEAST_FREE / 1_000_000} MB: make room, or name another folder by --images`;
  return origin.kind === 'packages' ? missingTool() : undefined;
}

async function missingTool(): Promise<string | undefined> {
  const there = await runTool(['mmdebstrap', '--version']).catch(() => undefined);
  return there === undefined
    ? 'a base image is made of packages by mmdebstrap, which is not here: apt-get install --yes mmdebstrap'
    : undefined;
}

/** Fills an empty root. */
async function fill(root: string, { origin, told }: ImageOrder): Promise<void> {
  switch (origin.kind) {
    case 'packages': {
      const apt = await readMachineApt(CODENAME);
      told(`${DEFAULT_OS} from ${hostsOf(apt.sources).join(' and ')}`);
      return bootstrap(root, { purpose: origin.purpose, apt, told });
    }
    case 'folder':
      return fromFolder(root, origin.path, told);
    case 'machine':
      told("copying this machine's root");
      return copyMachine(root);
  }
}

async function fromFolder(root: string, path: string, told: (step: string) => void): Promise<void> {
  if (await isThere(join(path, LAYOUT_FILE))) {
    const architecture = ARCHITECTURES[process.arch] ?? process.arch;
    return unpackLayout(path, root, { architecture, told });
  }
  told(`copying ${path}`);
  await runContained(['cp', '--archive', '--one-file-system', `${path}/.`, root]);
}

/** The machine's root without what is of the moment, of other file systems, or of people. */
async function copyMachine(root: string): Promise<void> {
  const left = [...NOT_OF_A_ROOT, 'root', 'home', 'srv', 'var/lib/seawall-lab', 'etc/ssh/ssh_host_*'];
  const copy = `tar --create --one-file-system --directory / ${left.map((one) => `'--exclude=./${one}'`).join(' ')} . | tar --extract --numeric-owner --directory "$0"`;
  await runContained(['bash', '-o', 'pipefail', '-c', copy, root]);
  for (const name of [...NOT_OF_A_ROOT.slice(0, -1), 'root', 'home', 'srv'])
    await runTool(['mkdir', '-p', join(root, name)]);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function releaseOf(root: string): Promise<string> {
  for (const path of ['etc/os-release', 'usr/lib/os-release']) {
    const text = await readFile(join(root, path), 'utf8').catch(() => '');
    if (text !== '') return text;
  }
  return '';
}

/** A root that nobody could log in to is refused. */
async function lackingOf(root: string, origin: Origin): Promise<string | undefined> {
  if (origin.kind === 'packages') return undefined;
  const needed = ['usr/sbin/sshd', 'usr/bin/sudo', 'bin/bash'];
  const lacking: string[] = [];
  for (const path of needed) if (!(await isThere(join(root, path)))) lacking.push(`/${path}`);
  if (lacking.length === 0) return undefined;
  return `${fromOf(origin)} has no ${lacking.join(', no ')}: a host needs openssh-server, sudo and bash; build them into the image first`;
}
