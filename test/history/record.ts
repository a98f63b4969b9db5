import type { Arm } from '../management/arm.ts';
import type { Sender } from '../fault/content-check.ts';
import { type Image, imageOfLayers, layerOf } from '../fault/image.ts';
import { isLost } from '../fault/lost.ts';
import type { Random } from '../fault/random.ts';
import { manifestPath } from '../registry/push.ts';
import type { Operation } from './linearizable.ts';
import type { RuleInput, RuleOutput, TagInput, TagOutput } from './models.ts';

/** One node of a registry: whichever is asked, all are to answer as one. */
export interface Node {
  readonly registry: Sender;
  readonly arm: Arm;
}

/** How a history is made; every operation goes to a node chosen by chance. */
export interface HistoryOptions {
  readonly nodes: readonly Node[];
  readonly random: Random;
  readonly clients: number;
  /** How many operations each client does. */
  readonly operations: number;
}

/** The history of each tag, by its name. */
export type TagHistories = ReadonlyMap<string, readonly Operation<TagInput, TagOutput>[]>;

const REPOSITORY = 'history/app';
const MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** Lets clients push, delete and pull a few tags at once, and records what each saw, and when. */
export async function recordTags(
  { nodes, random, clients, operations }: HistoryOptions,
  tags: readonly string[],
): Promise<TagHistories> {
  const images = await imagesFor(nodes, random, clients);
  const histories = new Map(tags.map((tag) => [tag, [] as Operation<TagInput, TagOutput>[]]));
  const client = async (name: string, own: Image, chance: Random): Promise<void> => {
    for (let i = 0; i < operations; i++) {
      const tag = chance.pick(tags);
      const input = tagInput(own.manifest.digest, chance);
      const node = chance.pick(nodes);
      histories.get(tag)?.push(await timed(name, input, () => askTag(node, tag, input, own)));
    }
  };
  await Promise.all(images.map((image, i) => client(`c${i}`, image, random.fork())));
  return histories;
}

/** Lets one operator change the rules of a registry, to and fro, while clients ask; records what each saw, and when. */
export async function recordRules(
  { nodes, random, clients, operations }: HistoryOptions,
  registry: string,
): Promise<readonly Operation<RuleInput, RuleOutput>[]> {
  const history: Operation<RuleInput, RuleOutput>[] = [];
  let changing = true;
  let left = 0;
  let enough = (): void => undefined;
  /** Resolves when every client has asked twice: a request begun after a change was answered is among these. */
  const asked = (): Promise<void> => {
    left = 2 * clients;
    return new Promise((resolve) => (enough = resolve));
  };
  const operator = async (chance: Random): Promise<void> => {
    for (let i = 0; i < operations; i++) {
      const allow = i % 2 === 1;
      const change = async (): Promise<RuleOutput> => {
        await changeRule(chance.pick(nodes), registry, allow);
        return 'done';
      };
      history.push(await timed<RuleInput, RuleOutput>('operator', { kind: 'change', allow }, change));
      await asked();
    }
    changing = false;
  };
  const client = async (name: string, chance: Random): Promise<void> => {
    while (changing) {
      history.push(await timed(name, { kind: 'request' }, () => askRule(chance.pick(nodes))));
      if (--left === 0) enough();
    }
  };
  const asking = Array.from({ length: clients }, (_, i) => client(`c${i}`, random.fork()));
  await Promise.all([operator(random.fork()), ...asking]);
  return history;
}

/** A connection that was cut leaves open whether anything was done, and when. */
async function timed<I, O>(client: string, input: I, run: () => Promise<O>): Promise<Operation<I, O>> {
  const calledAt = performance.now();
  try {
    const output = await run();
    return { client, input, output, calledAt, returnedAt: performance.now() };
  } catch (error) {
    if (!isLost(error)) throw error;
    return { client, input, calledAt, returnedAt: Number.POSITIVE_INFINITY };
  }
}

/** Each client has an image of its own, so that a pull says whose push it saw. */
async function imagesFor(nodes: readonly Node[], random: Random, clients: number): Promise<readonly Image[]> {
  const images = Array.from({ length: clients }, (_, i) => imageOfLayers([layerOf(random.bytes(100))], `client ${i}`));
  for (const { blobs, manifest } of images) {
    for (const { digest, bytes } of blobs)
      await must(random.pick(nodes), 'POST', `/v2/${REPOSITORY}/blobs/uploads/?digest=${digest}`, bytes);
    await must(random.pick(nodes), 'PUT', manifestPath(REPOSITORY, manifest.digest), manifest.bytes);
  }
  return images;
}

function tagInput(digest: string, random: Random): TagInput {
  const chance = random.below(10);
  if (chance < 6) return { kind: 'pull' };
  return chance < 9 ? { kind: 'push', digest } : { kind: 'delete' };
}

async function askTag({ registry }: Node, tag: string, input: TagInput, own: Image): Promise<TagOutput> {
  const path = manifestPath(REPOSITORY, tag);
  const headers = { 'content-type': MEDIA_TYPE, accept: MEDIA_TYPE };
  switch (input.kind) {
    case 'push':
      return doneOr(await registry.send('PUT', path, { body: own.manifest.bytes, headers }), 201);
    case 'delete': {
      const answer = await registry.send('DELETE', path);
      return answer.status === 404 ? 'none' : doneOr(answer, 202);
    }
    case 'pull': {
      const answer = await registry.send('GET', path, { headers });
      if (answer.status === 404) return 'none';
      doneOr(answer, 200);
      return { digest: String(answer.headers['docker-content-digest']) };
    }
  }
}

async function askRule({ registry }: Node): Promise<RuleOutput> {
  const { status } = await registry.send('GET', '/v2/', { authorization: '' });
  if (status !== 401 && status !== 403) throw new Error(`a request without sign-in was answered with ${status}`);
  return status === 401 ? 'let in' : 'refused';
}

async function changeRule({ arm }: Node, registry: string, allow: boolean): Promise<void> {
  const id = `${arm.subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/${registry}`;
  const networkRuleSet = { defaultAction: allow ? 'Allow' : 'Deny' };
  await arm.must('PATCH', id, { properties: { networkRuleSet } }, { apiVersion: '2021-08-01-preview' });
}

function doneOr({ status, body }: Awaited<ReturnType<Sender['send']>>, wanted: number): 'done' {
  if (status !== wanted) throw new Error(`answered with ${status}, not ${wanted}: ${body.toString()}`);
  return 'done';
}

async function must({ registry }: Node, method: string, path: string, body: Buffer): Promise<void> {
  doneOr(await registry.send(method, path, { body, headers: { 'content-type': MEDIA_TYPE } }), 201);
}
