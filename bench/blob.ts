import { mkdtempDisposable, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Comparison, compare } from './compare.ts';
import { type ContentFile, GIB, makeContentFile } from './content.ts';
import type { Figure, Row } from './figure.ts';
import { nginx } from './peer-nginx.ts';
import { peerRegistries } from './peer-registry.ts';
import { seawall } from './seawall.ts';
import { startField, type Subject, type Transport } from './subject.ts';
import { download, upload } from './tools.ts';
import { Wire } from './wire.ts';

const PARALLEL = 8;

/** Downloads of a blob by one client, and by eight at once. */
export const blob: Row = {
  name: 'blob',
  measure: async ({ quick }) => [...(await overTransport('plain', quick)), ...(await overTransport('tls', quick))],
};

type Targets = Pick<Comparison, 'targets' | 'cpuAtMost'>;

const ONE: Readonly<Record<Transport, Targets>> = {
  plain: { targets: { nginx: 0.8, 'docker-registry': 1.2, zot: 1.2, distribution: 1.2 }, cpuAtMost: 0.8 },
  tls: { targets: { nginx: 1.1, 'docker-registry': 1.8 } },
};
const EIGHT: Readonly<Record<Transport, Targets>> = {
  plain: { targets: { nginx: 1, 'docker-registry': 1, zot: 1, distribution: 1 } },
  tls: { targets: { 'docker-registry': 1.5 } },
};

async function overTransport(transport: Transport, quick: boolean): Promise<readonly Figure[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-bench-'));
  const file = await makeContentFile(folder.path, quick ? GIB / 8 : GIB);
  await using field = await startField([seawall, ...peerRegistries(), nginx(folder.path)], transport);
  for (const subject of field.subjects) if (!isNginx(subject)) await pushLayer(subject, 'blob', file);
  const gib = file.size / GIB;
  const path = (subject: Subject) => (isNginx(subject) ? `/${file.name}` : `/v2/blob/blobs/${file.digest}`);
  const shape = { unit: 'MB/s', rounds: quick ? 1 : 3, better: 'more', piece: 'GiB' } as const;
  const one = await compare(field, {
    what: `GET of ${gib} GiB, ${transport}`,
    ...shape,
    ...ONE[transport],
    once: async (subject) => {
      const seconds = await download(subject.origin, path(subject));
      return { value: file.size / 1e6 / seconds, pieces: gib };
    },
  });
  const eight = await compare(field, {
    what: `${PARALLEL} parallel GETs, ${transport}`,
    ...shape,
    ...EIGHT[transport],
    once: async (subject) => {
      const startedMs = performance.now();
      await Promise.all(Array.from({ length: PARALLEL }, () => download(subject.origin, path(subject))));
      const seconds = (performance.now() - startedMs) / 1000;
      return { value: (PARALLEL * file.size) / 1e6 / seconds, pieces: PARALLEL * gib };
    },
  });
  await rm(file.path);
  return [...one, ...eight];
}

function isNginx({ name }: Subject): boolean {
  return name.startsWith('nginx');
}

/** What a push of a layer took, in s. */
export interface PushTimes {
  readonly all: number;
  /** From the last byte of the layer to the answer to the PUT that ends the upload. */
  readonly last: number;
}

/** Pushes a layer as docker does: POST, one streamed PATCH, PUT. */
export async function pushLayer(
  { origin }: Subject,
  repository: string,
  file: ContentFile,
  bytesPerSecond?: number,
): Promise<PushTimes> {
  using wire = await Wire.open(origin);
  const startedMs = performance.now();
  const begun = await wire.must({ method: 'POST', path: `/v2/${repository}/blobs/uploads/` });
  const sent = await upload(origin, begun.headers['location'] ?? '', {
    method: 'PATCH',
    file: file.path,
    bytesPerSecond,
  });
  const sentMs = performance.now();
  const path = `${sent.location}${sent.location.includes('?') ? '&' : '?'}digest=${file.digest}`;
  await wire.must({ method: 'PUT', path, body: Buffer.alloc(0) });
  const endedMs = performance.now();
  return { all: (endedMs - startedMs) / 1000, last: (endedMs - sentMs) / 1000 };
}
