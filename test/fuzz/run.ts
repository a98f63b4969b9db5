/** The long form of test/fuzz: `npm run fuzz -- --minutes 10 [--target NAME] [--seed N] [--path P]`. */
import { parseArgs } from 'node:util';
import { round, type Target } from './target.ts';
import { openTargets } from './targets.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    target: { type: 'string' },
    path: { type: 'string' },
  },
});
const SECOND_MS = 1000;
const TELL_EVERY_MS = 30 * SECOND_MS;

/** Goes round the targets until the time is over, each round with a seed of its own; says how many inputs each withstood. */
async function main(): Promise<number> {
  await using targets = await openTargets();
  const { target, path } = values;
  const chosen = targets.all.filter(({ name }) => target === undefined || name === target);
  if (chosen.length === 0) {
    console.error(
      `fuzz: there is no target ${target ?? ''}: there are ${targets.all.map(({ name }) => name).join(', ')}`,
    );
    return 1;
  }
  if (path !== undefined) return tell(await round(chosen[0] as Target, Number(values.seed), 1, path));
  const endMs = Date.now() + Number(values.minutes) * 60 * SECOND_MS;
  const inputs = new Map(chosen.map(({ name }) => [name, 0]));
  let toldMs = Date.now();
  for (let seed = Number(values.seed); Date.now() < endMs; seed++)
    for (const one of chosen) {
      const outcome = await round(one, seed, one.shortRuns);
      if (outcome.kind === 'failed') return tell(outcome);
      inputs.set(one.name, (inputs.get(one.name) ?? 0) + outcome.runs);
      if (Date.now() - toldMs < TELL_EVERY_MS) continue;
      toldMs = Date.now();
      console.error(`fuzz: ${total(inputs)} inputs, ${Math.round((endMs - toldMs) / SECOND_MS)} s to go`);
    }
  for (const [name, count] of inputs) console.log(`${name.padEnd(24)}${String(count).padStart(12)}`);
  console.log(`${'all'.padEnd(24)}${String(total(inputs)).padStart(12)}  withstood, first seed ${values.seed}`);
  return 0;
}

function total(inputs: ReadonlyMap<string, number>): number {
  return [...inputs.values()].reduce((sum, one) => sum + one, 0);
}

function tell(outcome: Awaited<ReturnType<typeof round>>): number {
  if (outcome.kind === 'held') return 0;
  console.error(outcome.report);
  return 1;
}

process.exitCode = await main();
