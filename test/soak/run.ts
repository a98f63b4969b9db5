/**
 * `npm run soak [-- --minutes N] [--rate N] [--seed N] [--plot FILE]`: uses a real server at a steady rate, and says and
 * draws what it took. Ends with 1 when memory, descriptors, disk or, on a quiet machine, latency grew.
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { COUNT, newSeed, POSITIVE, type Runner, runWith } from '../runner-options.ts';
import { judge, tableOf } from './judge.ts';
import { plot } from './plot.ts';
import type { Sample } from './sample.ts';
import { soak, type SoakReport } from './soak.ts';

const SAMPLES = 120;
const MIB = 1024 * 1024;

const RUNNER: Runner<'minutes' | 'rate' | 'seed' | 'plot'> = {
  name: 'soak',
  what: `Uses a real server at a steady rate, and says what it took. Ends with 1 when memory, descriptors, disk or, where
others left the processors alone, latency grew from the second quarter to the last, or anything was not answered as it must be.`,
  options: {
    minutes: { value: 'N', what: 'How long.', byDefault: '60', accepts: POSITIVE },
    rate: { value: 'N', what: 'Pieces of work begun in a second.', byDefault: '20', accepts: POSITIVE },
    seed: { value: 'N', what: 'Chooses the work; another one each time when left out.', accepts: COUNT },
    plot: { value: 'FILE', what: 'Where to draw it, as SVG.' },
  },
  examples: ['--minutes 60 --rate 10 --seed 7 --plot soak.svg'],
};

await runWith(RUNNER, ({ minutes, rate, seed = newSeed(), plot: file }) =>
  run(Number(minutes), Number(rate), Number(seed), file),
);

async function run(minutes: number, rate: number, seed: number, file: string | undefined): Promise<void> {
  const seconds = minutes * 60;
  const again = `npm run soak -- --minutes ${minutes} --rate ${rate} --seed ${seed}`;
  console.error(`soak: again with: ${again}`);
  const report = await soak({ seed, seconds, rate, everyS: seconds / SAMPLES, progress: tell });
  const { samples, ...totals } = report;
  const judged = judge(samples);
  console.log(JSON.stringify({ minutes, rate, ...totals, judged, last: samples.at(-1) }));
  const caption = `seawall under ${rate} pieces of work a second for ${minutes} min, ${availableParallelism()} cores`;
  if (file !== undefined) await writeFile(file, plot(samples, caption));
  console.error(`${tableOf(judged)}\nsoak: ${totalText(report)}; seed ${seed}`);
  if (judged.some(({ verdict }) => verdict === 'grew')) process.exitCode = 1;
}

function totalText({ pulls, changes, passes }: SoakReport): string {
  return `${pulls} pulls, ${changes} changes, ${passes} collections, all answered as they must be`;
}

function tell({ atS, rss, descriptors, disk, median, p99, others }: Sample): void {
  const at = `${atS.toFixed(0)} s`.padStart(7);
  const memory = `${(rss / MIB).toFixed(0)} MiB memory`.padStart(16);
  const stored = `${(disk / MIB).toFixed(1)} MiB disk`.padStart(16);
  console.error(
    `soak: ${at}${memory}${String(descriptors).padStart(6)} descriptors${stored}  ${median.toFixed(1)} / ${p99.toFixed(1)} ms  others ${(others * 100).toFixed(0)} %`,
  );
}
