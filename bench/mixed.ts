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
/** Two pushes and two pulls of so much a second fill a link of a gigabit in both directions. */
const LINK_BYTES_PER_SECOND = 1e9 / 8 / 2;

/**
 * How long the slowest hundredth of manifest GETs takes: by themselves; beside two pushes and two pulls of layers that fill
 * a link of a gigabit, as every server is then given the same to do; and beside four that go as fast as they can.
 */
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
    const measured = new Map<Subject, Waits[]>(field.subjects.map((subject) => [subject, []]));
    for (let round = quick ? 0 : -1; round < (quick ? 1 : 3); round += 1)
      for (const subject of field.subjects) {
        const p99 = () => p99Of(subject);
        const alone = await p99();
        const filled = await besideTransfers({ subject, file, bytesPerSecond: LINK_BYTES_PER_SECOND }, p99);
        const fullest = await besideTransfers({ subject, file }, p99);
        if (round >= 0) measured.get(subject)?.push({ alone, filled, fullest });
      }
    return [...[...measured].flatMap(([subject, waits]) => figuresOf(subject, waits)), ...gaps];
  },
};

/** Each is a p99 in ms. */
interface Waits {
  readonly alone: number;
  readonly filled: number;
  readonly fullest: number;
}

function figuresOf({ name }: Subject, waits: readonly Waits[]): readonly Figure[] {
  const middle = (of: keyof Waits): number => median(waits.map((one) => one[of]));
  const target = name === 'seawall' ? { target: { atMost: MOST_FACTOR } } : {};
  return [
    { what: `p99 by itself, ${name}`, value: middle('alone'), unit: 'ms' },
    { what: `p99 beside a full gigabit link, ${name}`, value: middle('filled'), unit: 'ms' },
    {
      what: `p99 beside a full link / by itself, ${name}`,
      value: middle('filled') / middle('alone'),
      unit: 'x',
      ...target,
    },
    { what: `p99 beside transfers without bounds, ${name}`, value: middle('fullest'), unit: 'ms' },
  ];
}

async function p99Of({ origin }: Subject): Promise<number> {
  const path = '/v2/hot/manifests/v1';
  const found = await wrk(origin, { path, accept: MANIFEST_TYPE, connections: CONNECTIONS, seconds: 3 });
  return found.p99Ms;
}

interface Transfers {
  readonly subject: Subject;
  readonly file: ContentFile;
  /** Of each; as fast as it can where it is not said. */
  readonly bytesPerSecond?: number;
}

/** Runs `work` while two clients push the layer over and over, and two pull it. */
async function besideTransfers<T>(transfers: Transfers, work: () => Promise<T>): Promise<T> {
  const { subject, file, ...pace } = transfers;
  let going = true;
  const again = async (transfer: () => Promise<unknown>): Promise<void> => {
    while (going) await transfer();
  };
  const pushing = [1, 2].map(() => again(() => pushAgain(transfers)));
  const pulling = [1, 2].map(() => again(() => download(subject.origin, `/v2/blob/blobs/${file.digest}`, pace)));
  try {
    return await work();
  } finally {
    going = false;
    await Promise.all([...pushing, ...pulling]);
  }
}

/** Pushes a layer and takes its link away, so that the next push is one of bytes that are not there. */
async function pushAgain({ subject, file, bytesPerSecond }: Transfers): Promise<void> {
  await pushLayer(subject, 'push', file, bytesPerSecond);
  using wire = await Wire.open(subject.origin);
  await wire.ask({ method: 'DELETE', path: `/v2/push/blobs/${file.digest}` });
}
