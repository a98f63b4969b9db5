import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushLayer } from './blob.ts';
import { type ContentFile, GIB, makeContentFile } from './content.ts';
import { type Figure, median, type Row } from './figure.ts';
import { pushEverywhere } from './manifest.ts';
import { installPackages } from './packages.ts';
import { peerRegistries } from './peer-registry.ts';
import { seawall } from './seawall.ts';
import { startField, type Subject } from './subject.ts';
import { download, wrk } from './tools.ts';
import { MANIFEST_TYPE, Wire } from './wire.ts';

const CONNECTIONS = 32;
const MOST_FACTOR = 4;
const LAYER_BYTES = GIB / 8;

/** How long the slowest hundredth of manifest GETs takes: by themselves, and beside two pushes and two pulls of layers. */
export const mixed: Row = {
  name: 'mixed',
  measure: async ({ quick }) => {
    await installPackages(['wrk']);
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-bench-'));
    const file = await makeContentFile(folder.path, LAYER_BYTES);
    await using field = await startField([seawall, ...peerRegistries()], 'plain');
    await pushEverywhere(field);
    for (const subject of field.subjects) await pushLayer(subject, 'blob', file);
    const gaps = field.absent.map(({ name, why }) => ({ what: `p99, ${name}`, gap: why }));
    const quiet = new Map<Subject, number[]>(field.subjects.map((subject) => [subject, []]));
    const busy = new Map<Subject, number[]>(field.subjects.map((subject) => [subject, []]));
    for (let round = quick ? 0 : -1; round < (quick ? 1 : 3); round += 1)
      for (const subject of field.subjects) {
        const alone = await p99Of(subject);
        const beside = await besideTransfers(subject, file, () => p99Of(subject));
        if (round < 0) continue;
        quiet.get(subject)?.push(alone);
        busy.get(subject)?.push(beside);
      }
    return [...field.subjects.flatMap((one) => figuresOf(one, quiet.get(one) ?? [], busy.get(one) ?? [])), ...gaps];
  },
};

function figuresOf({ name }: Subject, quiet: readonly number[], busy: readonly number[]): readonly Figure[] {
  const factor = median(busy) / median(quiet);
  const target = name === 'seawall' ? { target: { atMost: MOST_FACTOR } } : {};
  return [
    { what: `p99 by itself, ${name}`, value: median(quiet), unit: 'ms' },
    { what: `p99 beside pushes and pulls, ${name}`, value: median(busy), unit: 'ms' },
    { what: `p99 beside / by itself, ${name}`, value: factor, unit: 'x', ...target },
  ];
}

async function p99Of({ origin }: Subject): Promise<number> {
  const path = '/v2/hot/manifests/v1';
  const found = await wrk(origin, { path, accept: MANIFEST_TYPE, connections: CONNECTIONS, seconds: 3 });
  return found.p99Ms;
}

/** Runs `work` while two clients push the layer over and over, and two pull it. */
async function besideTransfers<T>(subject: Subject, file: ContentFile, work: () => Promise<T>): Promise<T> {
  let going = true;
  const again = async (transfer: () => Promise<unknown>): Promise<void> => {
    while (going) await transfer();
  };
  const pushing = [1, 2].map(() => again(() => pushAgain(subject, file)));
  const pulling = [1, 2].map(() => again(() => download(subject.origin, `/v2/blob/blobs/${file.digest}`)));
  try {
    return await work();
  } finally {
    going = false;
    await Promise.all([...pushing, ...pulling]);
  }
}

/** Pushes a layer and takes its link away, so that the next push is one of bytes that are not there. */
async function pushAgain(subject: Subject, file: ContentFile): Promise<void> {
  await pushLayer(subject, 'push', file);
  using wire = await Wire.open(subject.origin);
  await wire.ask({ method: 'DELETE', path: `/v2/push/blobs/${file.digest}` });
}
