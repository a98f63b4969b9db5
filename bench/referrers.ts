import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { originOf } from './seawall.ts';
import { type Figure, median, type Row } from './figure.ts';
import { peerRegistry } from './peer-registry.ts';
import { openDataFolder, startServer } from './server.ts';
import { startField } from './subject.ts';
import { digestOf, MANIFEST_TYPE, pushBlob, pushConfig, pushManifest, Wire } from './wire.ts';

const SIZES = [100, 1_000, 10_000] as const;
const PEER_SIZES = [100, 500] as const;
const FLAT = 1.2;
const ROUNDS = 200;
const WARM_ROUNDS = 50;
const PAGE = 100;
const ARTIFACT = 'application/vnd.example.signature';

/** The first hundred referrers of images that have more and more of them. */
export const referrers: Row = {
  name: 'referrers',
  measure: async () => [...(await own()), ...(await zot())],
};

async function own(): Promise<readonly Figure[]> {
  await using folder = await openDataFolder();
  await pushOne(folder);
  seed(join(folder.path, 'data', 'metadata.db'));
  await using server = await startServer(folder);
  using wire = await Wire.open(await originOf(server, 'plain'));
  const paths = SIZES.map((size) => `/v2/referrers/referrers/${subjectOf(size)}?n=${PAGE}`);
  return figures('seawall', SIZES, await inTurn(wire, paths), FLAT);
}

/** Pushes what rows are made from, as a client would. */
async function pushOne(folder: Parameters<typeof startServer>[0]): Promise<void> {
  await using server = await startServer(folder);
  using wire = await Wire.open(await originOf(server, 'plain'));
  const config = await pushConfig(wire, 'referrers');
  await pushManifest(wire, { repository: 'referrers', reference: 'v1' }, { config, layers: [] });
}

function subjectOf(size: number): string {
  return `sha256:${String(size).padStart(64, '0')}`;
}

/** Writes the rows themselves, as 10,000 pushes end in (src/store/schema.ts). */
function seed(path: string): void {
  using database = new DatabaseSync(path);
  for (const size of SIZES)
    database.exec(`
      WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${size})
      INSERT INTO manifest (repository, digest, media_type, size, image_size, artifact_type, subject, created_ms, updated_ms, content)
        SELECT repository, format('sha256:%064x', i + ${size} * 16), media_type, size, 0, '${ARTIFACT}', '${subjectOf(size)}', i, i, content
        FROM n, (SELECT * FROM manifest LIMIT 1);
    `);
}

/** zot, which has referrers too; it gets them by pushes, so fewer. */
async function zot(): Promise<readonly Figure[]> {
  await using field = await startField([peerRegistry('zot', {})], 'plain');
  const [subject] = field.subjects;
  if (subject === undefined) return field.absent.map(({ name, why }) => ({ what: `referrers, ${name}`, gap: why }));
  using wire = await Wire.open(subject.origin);
  const config = await pushConfig(wire, 'referrers');
  const paths: string[] = [];
  for (const size of PEER_SIZES) {
    const layer = await pushBlob(wire, 'referrers', Buffer.from(`subject ${size}`));
    const digest = await pushManifest(
      wire,
      { repository: 'referrers', reference: `v${size}` },
      { config, layers: [layer] },
    );
    for (let i = 0; i < size; i += 1) await refer(wire, { digest, config, i });
    paths.push(`/v2/referrers/referrers/${digest}`);
  }
  return figures(subject.name, PEER_SIZES, await inTurn(wire, paths));
}

interface Referrer {
  readonly digest: string;
  readonly config: Awaited<ReturnType<typeof pushConfig>>;
  readonly i: number;
}

async function refer(wire: Wire, { digest, config, i }: Referrer): Promise<void> {
  const subject = { mediaType: MANIFEST_TYPE, digest, size: 1 };
  const annotations = { n: String(i) };
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ARTIFACT,
    config,
    layers: [config],
    subject,
  };
  const body = Buffer.from(JSON.stringify({ ...manifest, annotations }));
  const path = `/v2/referrers/manifests/${digestOf(body)}`;
  await wire.must({ method: 'PUT', path, headers: { 'content-type': MANIFEST_TYPE }, body });
}

async function inTurn(wire: Wire, paths: readonly string[]): Promise<readonly number[]> {
  const times: number[][] = paths.map(() => []);
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round += 1)
    for (const [at, path] of paths.entries()) {
      const startedMs = performance.now();
      const { body } = await wire.must({ method: 'GET', path });
      if (round >= WARM_ROUNDS) times[at]?.push(performance.now() - startedMs);
      if (body.length < 5_000) throw new Error(`not a page of ${PAGE} referrers: ${body.toString('utf8', 0, 300)}`);
    }
  return times.map(median);
}

function figures(name: string, sizes: readonly number[], times: readonly number[], flat?: number): readonly Figure[] {
  const own = times.map((value, at) => ({
    what: `first page of ${(sizes[at] ?? 0).toLocaleString('en')} referrers, ${name}`,
    value,
    unit: 'ms',
  }));
  const ratio = (times.at(-1) ?? Number.NaN) / (times[0] ?? Number.NaN);
  const what = `${(sizes.at(-1) ?? 0).toLocaleString('en')} / ${sizes[0]} referrers, ${name}`;
  return [...own, { what, value: ratio, unit: 'x', ...(flat !== undefined && { target: { atMost: flat } }) }];
}
