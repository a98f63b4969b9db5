import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readState, signIn } from './arm.ts';
import { Client } from './client.ts';
import type { Figure, Row } from './figure.ts';
import { openDataFolder, startServer } from './server.ts';

const LINKS = 300_000;
const REPOSITORIES = 100;
/** How long pushes are timed with nothing else going on, in ms. */
const ALONE_MS = 5_000;
/** How much longer than alone a push may take while garbage is collected, in ms. */
const MOST_MS = 50;

/** How long pushes wait while garbage is collected: 300,000 blobs that nothing names, condemned in one pass and removed in the next. */
export const collection: Row = {
  name: 'collection',
  measure: async ({ quick }) => {
    await using folder = await openDataFolder();
    await (await startServer(folder))[Symbol.asyncDispose]();
    const links = quick ? LINKS / 10 : LINKS;
    seed(join(folder.path, 'data', 'metadata.db'), links);
    await using server = await startServer(folder);
    using client = new Client(server);
    const running = await readState(folder.path);
    const authorization = await signIn(client, running);
    const control = async (method: string, path: string): Promise<Record<string, unknown>> => {
      const headers = { authorization, 'content-type': 'application/json', 'content-length': 0 };
      const url = `${running.control}/seawall/maintenance/${path}`;
      return JSON.parse(String(await client.read({ method, url, headers }))) as Record<string, unknown>;
    };
    let pushes = 0;
    const pushOnce = async (): Promise<number> => {
      const bytes = Buffer.from(`push ${pushes++}`);
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      const startedMs = performance.now();
      const headers = { 'content-type': 'application/octet-stream', 'content-length': bytes.length };
      await client.read({ method: 'POST', url: `/v2/pushed/blobs/uploads/?digest=${digest}`, headers, body: [bytes] });
      return performance.now() - startedMs;
    };
    const timed = async (goesOn: () => boolean): Promise<number[]> => {
      const times: number[] = [];
      while (goesOn()) times.push(await pushOnce());
      return times.toSorted((a, b) => a - b);
    };
    const untilMs = performance.now() + ALONE_MS;
    const alone = await timed(() => performance.now() < untilMs);
    const figures: Figure[] = [...figuresOf('nothing else', alone, alone)];
    for (const what of ['a pass that condemns', 'a pass that removes']) {
      const startedMs = performance.now();
      let over = false;
      const pass = runPass(control).finally(() => (over = true));
      const times = await timed(() => !over);
      await pass;
      figures.push({
        what: `${what} ${links.toLocaleString('en')} links`,
        value: performance.now() - startedMs,
        unit: 'ms',
      });
      figures.push(...figuresOf(what, times, alone));
    }
    return figures;
  },
};

type Control = (method: string, path: string) => Promise<Record<string, unknown>>;

async function runPass(control: Control): Promise<void> {
  const { id } = await control('POST', 'gc');
  for (;;) {
    const { state, error } = await control('GET', `tasks/${String(id)}`);
    if (state === 'failed') throw new Error(String(error));
    if (state === 'done') return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function figuresOf(beside: string, times: readonly number[], alone: readonly number[]): readonly Figure[] {
  const at = (of: readonly number[], part: number): number =>
    of[Math.min(of.length - 1, Math.floor(of.length * part))] ?? Number.NaN;
  const target = { atMost: at(alone, 1) + MOST_MS };
  return [
    { what: `push beside ${beside}, median of ${times.length}`, value: at(times, 0.5), unit: 'ms' },
    { what: `push beside ${beside}, 99 of 100`, value: at(times, 0.99), unit: 'ms' },
    { what: `push beside ${beside}, slowest`, value: at(times, 1), unit: 'ms', target },
  ];
}

/** Writes the rows that pushes without manifests leave (src/store/schema.ts). */
function seed(path: string, links: number): void {
  using database = new DatabaseSync(path);
  const numbers = (count: number) =>
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count})`;
  const [{ uid } = { uid: '' }] = registriesIn(path);
  database.exec(`
    PRAGMA synchronous = OFF;
    BEGIN;
    INSERT OR IGNORE INTO registry (uid) VALUES ('${uid}');
    ${numbers(REPOSITORIES)}
    INSERT INTO repository (registry, name, created_ms, updated_ms) SELECT registry.id, format('r%03d', i), i, i FROM n, registry;
    ${numbers(links)}
    INSERT INTO blob (digest, size, locator)
      SELECT format('sha256:%064x', i), 1000, format('%020x-%012x', 1, i) FROM n;
    INSERT INTO link (repository, blob)
      SELECT (SELECT min(id) FROM repository) + blob.id % ${REPOSITORIES}, blob.id FROM blob;
    INSERT INTO holding SELECT repository.registry, link.blob, 1 FROM link JOIN repository ON repository.id = link.repository;
    UPDATE registry SET bytes = (SELECT sum(size) FROM blob);
    COMMIT;
    PRAGMA wal_checkpoint(TRUNCATE);
  `);
}

/** The uid that the state gave the registry: content of any other would be erased as that of one that is gone. */
function registriesIn(metadata: string): readonly { readonly uid: string }[] {
  using state = new DatabaseSync(metadata.replace(/metadata\.db$/, 'state.db'), { readOnly: true });
  const rows = state.prepare("SELECT json FROM resource WHERE key LIKE '%/registries/benchmark'").all();
  return rows.map(({ json }) => JSON.parse(String(json)) as { uid: string });
}
