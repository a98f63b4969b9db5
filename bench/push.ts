import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushLayer } from './blob.ts';
import { compare } from './compare.ts';
import { type ContentFile, GIB, makeContentFile } from './content.ts';
import { type Figure, median, type Row } from './figure.ts';
import { forgetFilesBut } from './page-cache.ts';
import { peerRegistries } from './peer-registry.ts';
import { seawall } from './seawall.ts';
import { startField, type Subject } from './subject.ts';

const LAST_PUT_S = 0.3;

/** A layer of 1 GiB, its data synced before it is acknowledged. */
export const push: Row = {
  name: 'push',
  measure: ({ quick }) => large(quick),
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
      await forgetFilesBut(file.path);
      const { all, last } = await pushLayer(subject, 'push', file);
      if (subject.name === 'seawall') lastPuts.push(last);
      return { value: size / 1e6 / all, pieces: size / GIB };
    },
  });
  const last = { value: median(lastPuts.slice(1)), unit: 's', target: { atMost: LAST_PUT_S } };
  return [...figures, { what: `last PUT of ${size / GIB} GiB, seawall`, ...last }];
}
