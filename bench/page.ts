import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from './client.ts';
import { type Row, median } from './figure.ts';
import { type DataFolder, type Server, openDataFolder, startServer } from './server.ts';

const SIZES = [1_000, 100_000, 1_000_000] as const;
const ROUNDS = 300;
const WARM_ROUNDS = 50;
const REPOSITORY = 'many';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** What a page of 100 costs at each size: all servers run at once and are asked in turn, so that the ratios hold. */
export const page: Row = {
  name: 'page',
  measure: async () => {
    await using stack = new AsyncDisposableStack();
    const clients: Client[] = [];
    for (const size of SIZES) {
      const server = stack.use(await startSeeded(stack.use(await openDataFolder()), size));
      clients.push(stack.use(new Client(server)));
    }
    const figures = [];
    for (const list of LISTS) {
      const times = await inTurn(clients, list.url);
      const [base = Number.NaN] = times;
      for (const [at, time] of times.entries()) {
        const size = (SIZES[at] ?? 0).toLocaleString('en');
        figures.push({ what: `${list.what} of ${size}`, value: time, unit: 'ms' });
        if (at > 0)
          figures.push({ what: `… ratio to ${SIZES[0].toLocaleString('en')}`, value: time / base, unit: 'x' });
      }
    }
    return figures;
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
async function inTurn(clients: readonly Client[], url: (size: number) => string): Promise<readonly number[]> {
  const times: number[][] = clients.map(() => []);
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round++)
    for (const [at, client] of clients.entries()) {
      const startedMs = performance.now();
      const body = await client.read({ method: 'GET', url: url(SIZES[at] ?? 0) });
      if (round >= WARM_ROUNDS) times[at]?.push(performance.now() - startedMs);
      if (body.length < 1000) throw new Error(`not a page of 100: ${String(body)}`);
    }
  return times.map(median);
}

/** A server over `size` tags of one repository and as many repositories. */
async function startSeeded(folder: DataFolder, size: number): Promise<Server> {
  await pushOne(folder);
  seed(join(folder.path, 'data', 'metadata.db'), size);
  return startServer(folder);
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
function seed(path: string, size: number): void {
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
