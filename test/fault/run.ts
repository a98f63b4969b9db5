/**
 * `npm run fault [-- --kills N] [--states N] [--seed N]`: kills a real server again and again under load, then cuts its
 * power at many moments, and says what came of it. Ends with 1 at the first thing that was acknowledged and lost.
 */
import { parseArgs } from 'node:util';
import { killRun } from './kill.ts';
import { powerRun } from './power.ts';

const EXIT_USAGE = 64;
const COUNT = /^\d{1,9}$/;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    states: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const wrong = Object.entries(values).find(([, value]) => !COUNT.test(value));
if (wrong === undefined) await run(Number(values.seed), Number(values.kills), Number(values.states));
else {
  console.error(`fault: --${wrong[0]} is ${wrong[1]}, must be a whole number`);
  process.exitCode = EXIT_USAGE;
}

async function run(seed: number, kills: number, states: number): Promise<void> {
  console.error(`fault: again with: npm run fault -- --seed ${seed} --kills ${kills} --states ${states}`);
  const startedMs = performance.now();
  const tell = (text: string): void =>
    console.error(`fault: ${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(5)} s  ${text}`);
  if (kills > 0) {
    const progress = ({
      kills: done,
      acknowledged,
    }: Pick<Awaited<ReturnType<typeof killRun>>, 'kills' | 'acknowledged'>) =>
      tell(`${done} of ${kills} kills, ${acknowledged} changes acknowledged, 0 lost`);
    console.log(JSON.stringify({ kill: await killRun({ seed, kills, progress }) }));
  }
  if (states > 0) {
    const progress = (done: number): void => tell(`${done} of ${states} power failures, 0 lost`);
    console.log(JSON.stringify({ power: await powerRun({ seed, states, progress }) }));
  }
}
