import { randomBytes } from 'node:crypto';
import { compare } from './compare.ts';
import type { Figure, Row } from './figure.ts';
import { peerRegistries } from './peer-registry.ts';
import { SMALL_REPOSITORIES } from './repositories.ts';
import { seawall } from './seawall.ts';
import { startField, type Subject } from './subject.ts';
import { pushBlob, pushConfig, pushManifest, Wire } from './wire.ts';

const AT_ONCE = 8;

/** Many small images, eight at a time. */
export const small: Row = { name: 'small', measure: ({ quick }) => measure(quick) };

async function measure(quick: boolean): Promise<readonly Figure[]> {
  await using field = await startField([seawall, ...peerRegistries()], 'plain');
  const rounds = quick ? 1 : 4;
  const perRound = quick ? 200 : 2_500;
  return await compare(field, {
    what: `${rounds * perRound} small pushes`,
    unit: 'pushes/s',
    rounds,
    better: 'more',
    piece: 'push',
    targets: { 'docker-registry': 3, zot: 3 },
    once: async ({ origin }) => {
      const startedMs = performance.now();
      const share = Math.ceil(perRound / AT_ONCE);
      await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => pushMany(origin, i, share)));
      return { value: ((share * AT_ONCE) / (performance.now() - startedMs)) * 1000, pieces: share * AT_ONCE };
    },
  });
}

/** Pushes images one after another over one connection, by turns to its repositories: a layer of 1 KiB, and a manifest under a tag of its own. */
async function pushMany(origin: Subject['origin'], connection: number, count: number): Promise<void> {
  using wire = await Wire.open(origin);
  const own = SMALL_REPOSITORIES.filter((_, i) => i % AT_ONCE === connection);
  for (const repository of own) {
    const config = await pushConfig(wire, repository);
    for (let i = 0; i < count / own.length; i += 1) {
      const layer = await pushBlob(wire, repository, randomBytes(1024));
      await pushManifest(wire, { repository, reference: `t${layer.digest.slice(7, 39)}` }, { config, layers: [layer] });
    }
  }
}
