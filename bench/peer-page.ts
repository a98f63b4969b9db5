import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, median } from './figure.ts';
import { peerRegistry } from './peer-registry.ts';
import { startField, type Subject } from './subject.ts';
import { pushConfig, pushManifest, Wire } from './wire.ts';

const SIZES = [1_000, 100_000];
const ROUNDS = 8;
const REPOSITORY = 'page';
/** So many files are made at once. */
const AT_ONCE = 64;

/** A page of 100 tags of peers, which are started over tags that were written as they themselves write them. */
export async function peerPages(quick: boolean): Promise<readonly Figure[]> {
  const sizes = quick ? SIZES.slice(0, 1) : SIZES;
  const figures: Figure[] = [];
  for (const name of ['docker-registry', 'distribution', 'zot'] as const) {
    const root = await mkdtemp(join(tmpdir(), 'seawall-bench-'));
    try {
      for (const size of sizes) figures.push(await pageOf(name, root, size));
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }
  return [...figures, { what: '100 tags of 1,000,000, peers', gap: 'their tags are files: three million of them' }];
}

type PeerName = Parameters<typeof peerRegistry>[0];

async function pageOf(name: PeerName, root: string, size: number): Promise<Figure> {
  const what = `100 tags from the middle of ${size.toLocaleString('en')}`;
  const contender = peerRegistry(name, { root });
  {
    await using field = await startField([contender], 'plain');
    const [subject] = field.subjects;
    if (subject === undefined) return { what: `${what}, ${name}`, gap: field.absent[0]?.why ?? 'absent' };
    using wire = await Wire.open(subject.origin);
    const config = await pushConfig(wire, REPOSITORY);
    await pushManifest(wire, { repository: REPOSITORY, reference: nameOf(0) }, { config, layers: [] });
  }
  await (name === 'zot' ? seedIndex(root, size) : seedLinks(root, size));
  await using field = await startField([contender], 'plain');
  const [subject] = field.subjects;
  if (subject === undefined) return { what: `${what}, ${name}`, gap: 'it did not start again' };
  return { what: `${what}, ${subject.name}`, value: await timeOf(subject, size), unit: 'ms' };
}

async function timeOf({ origin }: Subject, size: number): Promise<number> {
  using wire = await Wire.open(origin);
  const times: number[] = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    await wire.must({ method: 'GET', path: `/v2/${REPOSITORY}/tags/list?n=100&last=${nameOf(size / 2)}` });
    if (round >= 0) times.push(performance.now() - startedMs);
  }
  return median(times);
}

function nameOf(number: number): string {
  return `n${String(number).padStart(8, '0')}`;
}

/** distribution keeps a tag as a folder with a link to its manifest. */
async function seedLinks(root: string, size: number): Promise<void> {
  const tags = join(root, 'docker/registry/v2/repositories', REPOSITORY, '_manifests/tags');
  const link = await readFile(join(tags, nameOf(0), 'current/link'));
  for (let from = 1; from < size; from += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, size - from) }, async (_, i) => {
        const folder = join(tags, nameOf(from + i), 'current');
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, 'link'), link);
      }),
    );
}

/** zot keeps all tags of a repository in one index. */
async function seedIndex(root: string, size: number): Promise<void> {
  const path = join(root, REPOSITORY, 'index.json');
  const index = JSON.parse(await readFile(path, 'utf8'));
  const [first] = index.manifests;
  const tagged = (i: number) => ({ ...first, annotations: { 'org.opencontainers.image.ref.name': nameOf(i) } });
  await writeFile(path, JSON.stringify({ ...index, manifests: Array.from({ length: size }, (_, i) => tagged(i)) }));
}
