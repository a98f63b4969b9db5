import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from '../test/client/daemon.ts';
import { type Command, lacks, run } from '../test/client/process.ts';
import { compare } from './compare.ts';
import type { Figure, Row } from './figure.ts';
import { peerRegistries } from './peer-registry.ts';
import { seawall } from './seawall.ts';
import { type Field, startField, type Subject } from './subject.ts';

const LAYERS = 40;
const LAYER_BYTES = 512 * 1024;
const TARGETS = { 'docker-registry': 1, zot: 1, distribution: 1 };

/** An image of forty layers, pushed and pulled by a real dockerd, over TLS. */
export const docker: Row = {
  name: 'docker',
  measure: async ({ quick }) => {
    const lacking = lacks('docker', 'dockerd', 'containerd', 'tar');
    if (lacking !== false) return [{ what: 'push and pull of an image of 40 layers', gap: lacking }];
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-bench-'));
    await using field = await startField([seawall, ...peerRegistries({ auth: 'none' })], 'tls');
    await using _dockerd = await startDockerd(folder.path, field);
    const ask = (...args: readonly string[]) => client(folder.path, args);
    for (const { host, login } of field.subjects)
      if (login !== undefined) await ask('login', '-u', login.username, '-p', login.password, host);
    return await pushAndPull(folder.path, field, { ask, rounds: quick ? 1 : 3 });
  },
};

type Ask = (...args: readonly string[]) => Promise<string>;

async function pushAndPull(
  folder: string,
  field: Field,
  { ask, rounds }: { readonly ask: Ask; readonly rounds: number },
): Promise<readonly Figure[]> {
  for (let i = 0; i <= rounds; i += 1) await ask('load', '-i', await makeImage(folder, `image-${i}`));
  const shape = { unit: 's', rounds, better: 'less', piece: 'image', targets: TARGETS } as const;
  const pushed = new Map<Subject, number>();
  const push = await compare(field, {
    what: `docker push of ${LAYERS} layers`,
    ...shape,
    // Each push is of layers that the registry does not have: the rounds have an image each.
    once: async (subject) => {
      const round = pushed.get(subject) ?? 0;
      pushed.set(subject, round + 1);
      const name = `${subject.host}/image:${round}`;
      await ask('tag', `image-${round}`, name);
      return timed(() => ask('push', name));
    },
  });
  await ask('image', 'prune', '--all', '--force');
  const pull = await compare(field, {
    what: `docker pull of ${LAYERS} layers`,
    ...shape,
    once: async ({ host }) => {
      const sample = await timed(() => ask('pull', `${host}/image:0`));
      await ask('rmi', `${host}/image:0`);
      return sample;
    },
  });
  return [...push, ...pull];
}

async function timed(work: () => Promise<unknown>): Promise<{ readonly value: number; readonly pieces: number }> {
  const startedMs = performance.now();
  await work();
  return { value: (performance.now() - startedMs) / 1000, pieces: 1 };
}

async function client(folder: string, args: readonly string[]): Promise<string> {
  const command: Command = [
    'docker',
    '--config',
    join(folder, 'client'),
    '-H',
    `unix://${folder}/docker.sock`,
    ...args,
  ];
  const { code, stdout, stderr } = await run(command);
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Writes an image of forty random layers, as `docker save` would. */
async function makeImage(folder: string, name: string): Promise<string> {
  const root = join(folder, name);
  await mkdir(root);
  const layers: string[] = [];
  const diffs: string[] = [];
  for (let i = 0; i < LAYERS; i += 1) {
    await writeFile(join(root, `file-${i}`), randomBytes(LAYER_BYTES));
    await must(['tar', '-C', root, '-cf', join(root, `layer-${i}.tar`), `file-${i}`]);
    layers.push(`layer-${i}.tar`);
    const sum = await must(['sha256sum', join(root, `layer-${i}.tar`)]);
    diffs.push(`sha256:${sum.slice(0, 64)}`);
  }
  const config = { architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: diffs } };
  await writeFile(join(root, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [`${name}:latest`], Layers: layers }];
  await writeFile(join(root, 'manifest.json'), JSON.stringify(manifest));
  const archive = join(folder, `${name}.tar`);
  await must(['tar', '-C', root, '-cf', archive, 'manifest.json', 'config.json', ...layers]);
  return archive;
}

async function must(command: Command): Promise<string> {
  const { code, stdout, stderr } = await run(command);
  if (code !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  return stdout;
}

/** A dockerd of its own, without network, that takes any certificate and finds Seawall by its name. */
async function startDockerd(folder: string, { subjects }: Field): Promise<AsyncDisposable> {
  const hosts = join(folder, 'hosts');
  await cp('/etc/hosts', hosts);
  const names = subjects.filter(({ login }) => login !== undefined).map(({ host }) => host.replace(/:\d+$/, ''));
  await writeFile(hosts, `${await readFile(hosts, 'utf8')}\n127.0.0.1 ${names.join(' ')}\n`);
  const insecure = subjects.flatMap(({ host }) => ['--insecure-registry', host]);
  const folders = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
  ];
  const network = ['--iptables=false', '--bridge=none', '--ip-forward=false', '--ip-masq=false'];
  const command: Command = ['dockerd', '--storage-driver', 'overlay2', ...insecure, ...network, ...folders];
  return startDaemon([...command, '-H', `unix://${folder}/docker.sock`], /API listen on/, [
    { place: '/etc/hosts', by: hosts },
  ]);
}
