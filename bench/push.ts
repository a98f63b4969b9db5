import { randomBytes } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushLayer } from './blob.ts';
import { compare } from './compare.ts';
import { type ContentFile, GIB, makeContentFile } from './content.ts';
import { type Figure, median, type Row } from './figure.ts';
import { peerRegistries } from './peer-registry.ts';
import { seawall } from './seawall.ts';
import { startField, type Subject } from './subject.ts';
import { pushBlob, pushConfig, pushManifest, Wire } from './wire.ts';

const AT_ONCE = 8;
/** Images of one repository: a peer that writes a repository's whole list with each push would measure nothing else. */
const OF_REPOSITORY = 100;
const LAST_PUT_S = 0.3;

/** A layer of 1 GiB, its data synced before it is acknowledged; and many small images, eight at a time. */
export const push: Row = {
  name: 'push',
  measure: async ({ quick }) => [...(await large(quick)), ...(await small(quick))],
};

async function large(quick: boolean): Promise<readonly Figure[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-bench-'));
  await using field = await startField([seawall, ...peerRegistries()], 'plain');
  const lastPuts: number[] = [];
  const size = quick ? GIB / 8 : GIB;
  const rounds = quick ? 1 : 3;
  // Each round is of new bytes, made beforehand: what a registry has already it need not keep again.
  const files: ContentFile[] = [];
  for (let i = 0; i <= rounds; i += 1) files.push(await makeContentFile(folder.path, size));
  const pushed = new Map<Subject, number>();
  const figures = await compare(field, {
    what: `push of ${size / GIB} GiB, synced`,
    unit: 'MB/s',
    rounds,
    better: 'more',
    piece: 'GiB',
    targets: { 'docker-registry': 2.4, zot: 1.2, distribution: 1.2 },
    once: async (subject) => {
      const round = pushed.get(subject) ?? 0;
      pushed.set(subject, round + 1);
      const file = files[round];
      if (file === undefined) throw new Error('a round more than there is content');
      const { all, last } = await pushLayer(subject, 'push', file);
      if (subject.name === 'seawall') lastPuts.push(last);
      return { value: size / 1e6 / all, pieces: size / GIB };
    },
  });
  const last = { value: median(lastPuts.slice(1)), unit: 's', target: { atMost: LAST_PUT_S } };
  return [...figures, { what: `last PUT of ${size / GIB} GiB, seawall`, ...last }];
}

async function small(quick: boolean): Promise<readonly Figure[]> {
  await using field = await startField([seawall, ...peerRegistries()], 'plain');
  const rounds = quick ? 1 : 4;
  const perRound = quick ? 100 : 2_500;
  return await compare(field, {
    what: `${rounds * perRound} small pushes`,
    unit: 'pushes/s',
    rounds,
    better: 'more',
    piece: 'push',
    targets: { 'docker-registry': 3, zot: 3 },
    once: async ({ origin }) => {
      const startedMs = performance.now();
      await Promise.all(Array.from({ length: AT_ONCE }, () => pushMany(origin, perRound / AT_ONCE)));
      return { value: (perRound / (performance.now() - startedMs)) * 1000, pieces: perRound };
    },
  });
}

/** Pushes images one after another over one connection, a hundred to a repository: a layer of 1 KiB, and a manifest under a tag of its own. */
async function pushMany(origin: Subject['origin'], count: number): Promise<void> {
  using wire = await Wire.open(origin);
  for (let left = count; left > 0; left -= OF_REPOSITORY) {
    const repository = `small/${randomBytes(8).toString('hex')}`;
    const config = await pushConfig(wire, repository);
    for (let i = 0; i < Math.min(left, OF_REPOSITORY); i += 1) {
      const layer = await pushBlob(wire, repository, randomBytes(1024));
      await pushManifest(wire, { repository, reference: `v${i}` }, { config, layers: [layer] });
    }
  }
}
