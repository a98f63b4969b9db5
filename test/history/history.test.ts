import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ProcessSeawall, type Surroundings } from '../fault/process-seawall.ts';
import { randomOf, seedOf } from '../fault/random.ts';
import { openFront } from './front.ts';
import { linearize } from './linearizable.ts';
import { ruleModel, TAG_MODEL } from './models.ts';
import { nodesOf, type Way } from './nodes.ts';
import { recordRules, recordTags, type TagHistories } from './record.ts';

const REGISTRY = 'myregistry';
const TAGS = ['v1', 'v2', 'latest'];
/** A planted fault shows by chance: so many histories are made to find it. */
const ATTEMPTS = 12;

async function tagsOf(seawall: ProcessSeawall, seed: number, ways: readonly Way[] = [{}]): Promise<TagHistories> {
  const nodes = await nodesOf(seawall, REGISTRY, ways);
  return recordTags({ nodes, random: randomOf(seed), clients: 8, operations: 60 }, TAGS);
}

function contradicted(histories: TagHistories): readonly string[] {
  return [...histories].flatMap(([tag, history]) => {
    const verdict = linearize(TAG_MODEL, history);
    return verdict.linearizable ? [] : [`${tag}: ${JSON.stringify(verdict.stuck)}`];
  });
}

describe('the histories of concurrent clients', () => {
  const seed = seedOf(process.env);

  it('of tags are explained by one order of pushes, deletes and pulls', async () => {
    await using seawall = await ProcessSeawall.start();
    assert.deepEqual(contradicted(await tagsOf(seawall, seed)), [], `seed ${seed}`);
  });

  it('of tags are not explained where a cache keeps what was read during a change', async () => {
    const stale: Surroundings = { node: ['--import', join(import.meta.dirname, 'stale-cache.fixture.ts')] };
    await using seawall = await ProcessSeawall.start({}, stale);
    let found = false;
    for (let attempt = 0; attempt < ATTEMPTS && !found; attempt++)
      found = contradicted(await tagsOf(seawall, seed + attempt)).length > 0;
    assert.ok(found, `${ATTEMPTS} histories from seed ${seed} show nothing of the planted fault`);
  });

  it('of rules and requests are explained: none is judged by an old rule after the answer', async () => {
    await using seawall = await ProcessSeawall.start();
    const options = { nodes: await nodesOf(seawall, REGISTRY), random: randomOf(seed), clients: 6, operations: 30 };
    const history = await recordRules(options, REGISTRY);
    const verdict = linearize(ruleModel(true), history);
    assert.ok(verdict.linearizable, `seed ${seed}: ${JSON.stringify(verdict)}`);
    assert.ok(history.length > options.operations, 'clients asked meanwhile');
  });

  it('of rules and requests are not explained where a change waits before it acts', async () => {
    await using seawall = await ProcessSeawall.start({ settings: { propagationDelayMs: '300' } });
    const options = { nodes: await nodesOf(seawall, REGISTRY), random: randomOf(seed), clients: 6, operations: 6 };
    assert.equal(linearize(ruleModel(true), await recordRules(options, REGISTRY)).linearizable, false);
  });

  it('through three nodes are explained by one order, of tags and of rules', async () => {
    await using stack = new AsyncDisposableStack();
    const seawall = stack.use(await ProcessSeawall.start());
    const ways = [{}, await wayTo(seawall, stack), await wayTo(seawall, stack)];
    assert.deepEqual(contradicted(await tagsOf(seawall, seed, ways)), [], `seed ${seed}`);
    const nodes = await nodesOf(seawall, REGISTRY, ways);
    const history = await recordRules({ nodes, random: randomOf(seed), clients: 6, operations: 20 }, REGISTRY);
    const verdict = linearize(ruleModel(true), history);
    assert.ok(verdict.linearizable, `seed ${seed}: ${JSON.stringify(verdict)}`);
  });

  it('through three nodes are not explained where one of them has not heard of a change', async () => {
    await using stack = new AsyncDisposableStack();
    const seawall = stack.use(await ProcessSeawall.start());
    const ways = [{}, await wayTo(seawall, stack), await wayTo(seawall, stack, true)];
    let found = false;
    for (let attempt = 0; attempt < ATTEMPTS && !found; attempt++)
      found = contradicted(await tagsOf(seawall, seed + attempt, ways)).length > 0;
    assert.ok(found, `${ATTEMPTS} histories from seed ${seed} show nothing of the planted fault`);
  });
});

/** A way to a node of its own: fronts of both its listeners. */
async function wayTo(seawall: ProcessSeawall, stack: AsyncDisposableStack, stale = false): Promise<Way> {
  const registry = stack.use(await openFront({ to: seawall.port, stale }));
  const control = stack.use(await openFront({ to: Number(new URL(seawall.control).port) }));
  return { registry: registry.port, control: control.port };
}
