import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from './client.ts';
import { type Figure, type Row, median } from './figure.ts';
import { peerPages } from './peer-page.ts';
import { originOf } from './seawall.ts';
import { type DataFolder, type Server, openDataFolder, startServer } from './server.ts';
import { Wire } from './wire.ts';

const SIZES = [1_000, 100_000, 1_000_000] as const;
const ROUNDS = 300;
const WARM_ROUNDS = 50;
const FLAT = { atMost: 1.2 };
const REPOSITORY = 'page';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** What a page of 100 costs at each size: all servers run at once and are asked in turn, so that the ratios hold. */
export const page: Row = {
  name: 'page',
  measure: async ({ quick }) => {
    await using stack = new AsyncDisposableStack();
    const wires: Wire[] = [];
    const sizes = quick ? SIZES.slice(0, 2) : SIZES;
    for (const size of sizes) {
      const server = stack.use(await startSeeded(stack.use(await openDataFolder()), size));
      wires.push(stack.use(await Wire.open(await originOf(server, 'plain'))));
    }
    const figures: Figure[] = [];
    for (const list of LISTS) {
      const times = await inTurn(wires, list.url);
      const [base = Number.NaN] = times;
      for (const [at, time] of times.entries()) {
        const size = (SIZES[at] ?? 0).toLocaleString('en');
        figures.push({ what: `${list.what} of ${size}`, value: time, unit: 'ms' });
        if (at > 0)
          figures.push({ what: `${list.what}: ${size} / 1,000`, value: time / base, unit: 'x', target: FLAT });
      }
    }
    return [...figures, ...(await peerPages(quick))];
  },
};

const LISTS = [
  {
    what: '100 tags from the middle',
    url: (size: number) => `/v2/${REPOSITORY}/tags/list?n=100&last=${name(size / 2)}`,
  },
  { what: '100 newest tags with their records', url: () => `/acr/v1/${REPOSITORY}/_tags?n=100&orderby=timedesc` },
  { what: '100 repositories from the middle', url: (size: number) => `/v2/_catalog?n=100&last=${name(size / 2)}` },
] as const;

/** The median time of one request in ms, for each client. */
async function inTurn(wires: readonly Wire[], url: (size: number) => string): Promise<readonly number[]> {
  const times: number[][] = wires.map(() => []);
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round++)
    for (const [at, wire] of wires.entries()) {
      const startedMs = performance.now();
      const { body } = await wire.must({ method: 'GET', path: url(SIZES[at] ?? 0) });
      if (round >= WARM_ROUNDS) times[at]?.push(performance.now() - startedMs);
      if (body.length < 1000) throw new Error(`not a page of 100: ${String(body)}`);
    }
  return times.map(median);
}

/** A server over `size` tags of one repository and as many repositories. */
async function startSeeded(folder: DataFolder, size: number): Promise<Server> {
  await seed(folder, size);
  return startServer(folder);
}

/** Makes a folder with `size` tags of one repository and as many repositories, by a server's first start and then by rows. */
export async function seed(folder: DataFolder, size: number): Promise<void> {
  await pushOne(folder);
  insert(join(folder.path, 'data', 'metadata.db'), size);
}

/** Lets the server make its schema, the repository and a manifest. */
async function pushOne(folder: DataFolder): Promise<void> {
  await using server = await startServer(folder);
  using client = new Client(server);
  const body = [Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }))];
  await client.read({
    method: 'PUT',
    url: `/v2/${REPOSITORY}/manifests/first`,
    headers: { 'content-type': INDEX },
    body,
  });
}

/** Writes the rows themselves: a million pushes would take hours and end in the same rows (src/store/schema.ts). */
function insert(path: string, size: number): void {
  using database = new DatabaseSync(path);
  const numbers = `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${size})`;
  database.exec(`
    PRAGMA synchronous = OFF;
    BEGIN;
    ${numbers}
    INSERT INTO tag (repository, name, manifest, created_ms, updated_ms)
      SELECT manifest.repository, format('n%08d', i), manifest.id, i, i FROM n, manifest;
    ${numbers}
    INSERT INTO repository (registry, name, created_ms, updated_ms)
      SELECT registry.id, format('n%08d', i), i, i FROM n, registry;
    COMMIT;
    PRAGMA wal_checkpoint(TRUNCATE);
  `);
}

function name(number: number): string {
  return `n${String(number).padStart(8, '0')}`;
}
