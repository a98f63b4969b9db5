import { type Figure, type Row, median } from './figure.ts';
import { seed } from './page.ts';
import { memoryOf } from './process-usage.ts';
import { type DataFolder, openDataFolder, startServer } from './server.ts';
import { passing } from './load.ts';

const RUNS = 7;
const FULL_RUNS = 3;
const TAGS = 1_000_000;
/** What is left of starting is collected meanwhile. */
const IDLE_MS = 5_000;
const MOST_MS = 500;
const MOST_FULL_MS = 1_000;
const MOST_RSS_MB = 120;
const MB = 1e6;

/** From the start of the process until everything listens, over little and much; and the memory of a server that does nothing. */
export const startUp: Row = {
  name: 'start-up',
  measure: async ({ quick }) => {
    const [first, again]: [number[], number[]] = [[], []];
    for (let run = 0; run < (quick ? 2 : RUNS); run += 1) {
      await using folder = await openDataFolder();
      first.push(await startOnce(folder));
      again.push(await startOnce(folder));
    }
    const most = { unit: 'ms', target: { atMost: MOST_MS } };
    return [
      { what: `start over an empty folder, median of ${first.length}`, value: median(first), ...most },
      { what: `start over a folder that is there, median of ${again.length}`, value: median(again), ...most },
      ...(await overMany(quick ? TAGS / 100 : TAGS)),
    ];
  },
};

async function overMany(tags: number): Promise<readonly Figure[]> {
  await using folder = await openDataFolder();
  await seed(folder, tags);
  const times: number[] = [];
  for (let run = 0; run < FULL_RUNS; run += 1) times.push(await startOnce(folder));
  await using server = await startServer(folder);
  await passing(IDLE_MS);
  const { rss } = await memoryOf(server.pid);
  const what = `start over ${tags.toLocaleString('en')} tags and as many repositories, median of ${times.length}`;
  return [
    { what, value: median(times), unit: 'ms', target: { atMost: MOST_FULL_MS } },
    { what: 'RSS of the idle server', value: rss / MB, unit: 'MB', target: { atMost: MOST_RSS_MB } },
  ];
}

async function startOnce(folder: DataFolder): Promise<number> {
  await using server = await startServer(folder);
  return server.readyMs;
}
