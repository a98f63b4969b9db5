import { type Row, median } from './figure.ts';
import { openDataFolder, startServer } from './server.ts';

const RUNS = 10;

/** From the start of the process until everything listens: over an empty folder, and over one that it has used. */
export const startUp: Row = {
  name: 'start-up',
  measure: async () => {
    const first: number[] = [];
    const again: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      await using folder = await openDataFolder();
      first.push(await startOnce(folder));
      again.push(await startOnce(folder));
    }
    return [
      { what: `start over an empty folder, median of ${RUNS}`, value: median(first), unit: 'ms' },
      { what: `start over a folder that is there, median of ${RUNS}`, value: median(again), unit: 'ms' },
    ];
  },
};

async function startOnce(folder: Awaited<ReturnType<typeof openDataFolder>>): Promise<number> {
  await using server = await startServer(folder);
  return server.readyMs;
}
