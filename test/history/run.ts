/**
 * `npm run history [-- --rounds N] [--nodes N] [--clients N] [--operations N] [--seed N]`: records what concurrent clients
 * see of a real server, and proves that one order explains it. Ends with 1 at the first history that none explains.
 */
import { ProcessSeawall } from '../fault/process-seawall.ts';
import { randomOf } from '../fault/random.ts';
import { COUNT, newSeed, type Runner, runWith } from '../runner-options.ts';
import { openFront } from './front.ts';
import { linearize } from './linearizable.ts';
import { ruleModel, TAG_MODEL } from './models.ts';
import { nodesOf, type Way } from './nodes.ts';
import { recordRules, recordTags } from './record.ts';

const REGISTRY = 'myregistry';
const TAGS = ['v1', 'v2', 'latest'];
/** So many operations of a client stand for two of the operator who changes rules, to and fro. */
const CLIENT_OPERATIONS = 4;
const TOLD_MS = 2_000;
const RUNNER: Runner<'rounds' | 'nodes' | 'clients' | 'operations' | 'seed'> = {
  name: 'history',
  what: `Records what concurrent clients see of a real server, of tags and of rules, and proves that one order explains
it. Ends with 1 at the first history that none explains.`,
  options: {
    rounds: { value: 'N', what: 'Histories of each kind.', byDefault: '20', accepts: COUNT },
    nodes: { value: 'N', what: 'Ways in, each with connections of its own.', byDefault: '3', accepts: COUNT },
    clients: { value: 'N', what: 'Clients at once.', byDefault: '8', accepts: COUNT },
    operations: { value: 'N', what: 'What each of them does in a round.', byDefault: '60', accepts: COUNT },
    seed: { value: 'N', what: 'Of the first round; another one each time when left out.', accepts: COUNT },
  },
  examples: ['--rounds 100 --nodes 3 --seed 7'],
};

await runWith(RUNNER, async ({ seed = newSeed(), ...given }) => {
  const { rounds, nodes, clients, operations } = given;
  const again = `npm run history -- --nodes ${nodes} --clients ${clients} --operations ${operations}`;
  const changes = 2 * Math.ceil(Number(operations) / CLIENT_OPERATIONS);
  const startedMs = performance.now();
  let toldMs = startedMs;
  const total = { rounds: 0, operations: 0 };
  await using stack = new AsyncDisposableStack();
  const seawall = stack.use(await ProcessSeawall.start());
  const ways = await waysTo(seawall, Math.max(1, Number(nodes)), stack);
  for (; total.rounds < Number(rounds); total.rounds++) {
    const roundSeed = Number(seed) + total.rounds;
    const random = randomOf(roundSeed);
    const options = { nodes: await nodesOf(seawall, REGISTRY, ways), random, clients: Number(clients) };
    const tags = await recordTags({ ...options, operations: Number(operations) }, tagsOf(total.rounds));
    const rules = await recordRules({ ...options, operations: changes }, REGISTRY);
    const verdicts = [
      ...[...tags].map(([tag, history]) => [tag, linearize(TAG_MODEL, history)] as const),
      ['rules', linearize(ruleModel(true), rules)] as const,
    ];
    const wrong = verdicts.find(([, verdict]) => !verdict.linearizable);
    if (wrong !== undefined) {
      console.error(`history: ${wrong[0]}: no order explains ${JSON.stringify(wrong[1])}`);
      console.error(`history: again with: ${again} --rounds 1 --seed ${roundSeed}`);
      process.exitCode = 1;
      return;
    }
    total.operations += rules.length + [...tags.values()].reduce((sum, { length }) => sum + length, 0);
    if (performance.now() - toldMs < TOLD_MS) continue;
    toldMs = performance.now();
    const atS = ((toldMs - startedMs) / 1_000).toFixed(0).padStart(5);
    console.error(
      `history: ${atS} s  ${total.rounds + 1} of ${rounds} rounds, ${total.operations} operations explained`,
    );
  }
  console.log(JSON.stringify({ seed: Number(seed), nodes: Number(nodes), ...total }));
  console.error(
    `history: ${total.operations} operations of ${total.rounds} rounds explained; again with: ${again} --seed ${seed}`,
  );
});

/** A history begins with tags that nobody has pushed. */
function tagsOf(round: number): readonly string[] {
  return TAGS.map((tag) => `${tag}-${round}`);
}

/** The server's own listeners, and fronts of them. */
async function waysTo(seawall: ProcessSeawall, nodes: number, stack: AsyncDisposableStack): Promise<readonly Way[]> {
  const ways: Way[] = [{}];
  while (ways.length < nodes) {
    const registry = stack.use(await openFront({ to: seawall.port }));
    const control = stack.use(await openFront({ to: Number(new URL(seawall.control).port) }));
    ways.push({ registry: registry.port, control: control.port });
  }
  return ways;
}
