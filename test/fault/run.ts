/**
 * `npm run fault [-- --kills N] [--seed N]`: kills a real server again and again under load, and says what came of it.
 * Ends with 1 at the first thing that was acknowledged and lost.
 */
import { parseArgs } from 'node:util';
import { killRun } from './kill.ts';

const EXIT_USAGE = 64;

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '20' }, seed: { type: 'string' } },
});
const kills = countOf('kills', values.kills);
const seed = countOf('seed', values.seed ?? String(Date.now() % 1_000_000));
if (kills !== undefined && seed !== undefined) await run(kills, seed);

async function run(count: number, from: number): Promise<void> {
  console.error(`fault: seed ${from}; again with: npm run fault -- --seed ${from} --kills ${count}`);
  const progress = ({ kills: done, acknowledged }: { readonly kills: number; readonly acknowledged: number }): void =>
    console.error(`fault: ${done} of ${count} kills, ${acknowledged} changes acknowledged, 0 lost`);
  console.log(JSON.stringify({ ...(await killRun({ seed: from, kills: count, progress })), lost: 0 }));
}

function countOf(name: string, text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  console.error(`fault: --${name} is ${text}, must be a whole number`);
  process.exitCode = EXIT_USAGE;
  return undefined;
}
