/** The long form of test/fuzz: `npm run fuzz -- --minutes 10 [--target NAME] [--seed N] [--path P]`. */
import { COUNT, POSITIVE, type Runner, runWith } from '../runner-options.ts';
import { round, type Target } from './target.ts';
import { openTargets } from './targets.ts';

type Name = 'minutes' | 'seed' | 'target' | 'path';
const RUNNER: Runner<Name> = {
  name: 'fuzz',
  what: 'Feeds what nobody would send, by the thousand. A failure says how to have it again.',
  options: {
    minutes: { value: 'N', what: 'How long.', byDefault: '5', accepts: POSITIVE },
    seed: { value: 'N', what: 'Of the first round; another one each time when left out.', accepts: COUNT },
    target: { value: 'NAME', what: 'This target alone.' },
    path: { value: 'P', what: 'This one input, as a failure tells it; with --target and --seed.' },
  },
  examples: ['--minutes 10', '--target proxy --seed 7'],
};
const SECOND_MS = 1000;
const TELL_EVERY_MS = 30 * SECOND_MS;

/** Goes round the targets until the time is over, each round with a seed of its own; says how many inputs each withstood. */
async function main({ minutes, seed: first, target, path }: Readonly<Partial<Record<Name, string>>>): Promise<number> {
  await using targets = await openTargets();
  const firstSeed = Number(first ?? Date.now() % 2 ** 31);
  const chosen = targets.all.filter(({ name }) => target === undefined || name === target);
  if (chosen.length === 0) {
    console.error(
      `fuzz: there is no target ${target ?? ''}: there are ${targets.all.map(({ name }) => name).join(', ')}`,
    );
    return 1;
  }
  if (path !== undefined) return tell(await round(chosen[0] as Target, firstSeed, 1, path));
  const endMs = Date.now() + Number(minutes) * 60 * SECOND_MS;
  const inputs = new Map(chosen.map(({ name }) => [name, 0]));
  let toldMs = Date.now();
  for (let seed = firstSeed; Date.now() < endMs; seed++)
    for (const one of chosen) {
      const outcome = await round(one, seed, one.shortRuns);
      if (outcome.kind === 'failed') return tell(outcome);
      inputs.set(one.name, (inputs.get(one.name) ?? 0) + outcome.runs);
      if (Date.now() - toldMs < TELL_EVERY_MS) continue;
      toldMs = Date.now();
      console.error(`fuzz: ${total(inputs)} inputs, ${Math.round((endMs - toldMs) / SECOND_MS)} s to go`);
    }
  for (const [name, count] of inputs) console.log(`${name.padEnd(24)}${String(count).padStart(12)}`);
  console.log(`${'all'.padEnd(24)}${String(total(inputs)).padStart(12)}  withstood, first seed ${firstSeed}`);
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

await runWith(RUNNER, async (values) => {
  process.exitCode = await main(values);
});
