import assert from 'node:assert/strict';
import { type Answer, type Ask, jsonOf } from '../registry/client.ts';
import { blobPath, type Content, manifestPath } from '../registry/push.ts';
import type { Image } from './image.ts';

/** Sends requests to one registry as its admin user. */
export interface Sender {
  send(method: string, path: string, ask?: Ask): Promise<Answer>;
}

/** What a repository shows: its tags with what they name, and its manifests. */
interface Shown {
  readonly tags: ReadonlyMap<string, string>;
  readonly manifests: ReadonlySet<string>;
}

/** What a repository is to hold. */
export interface Held {
  readonly tags: ReadonlyMap<string, string>;
  readonly images: ReadonlyMap<string, Image>;
}

const PAGE = 1_000;

/** Holds a repository against what it may hold, which is one of the candidates whole; answers which. */
export async function heldBy<H extends Held>(
  client: Sender,
  repository: string,
  candidates: readonly [H, ...H[]],
): Promise<H> {
  const shown = await shownBy(client, repository);
  const found = candidates.find((held) => isShown(held, shown));
  if (found !== undefined) return found;
  const texts = candidates.map(({ tags, images }) => JSON.stringify([[...tags], [...images.keys()]]));
  return assert.fail(
    `${repository} must hold ${texts.join(' or ')}, and shows ${JSON.stringify([[...shown.tags], [...shown.manifests]])}`,
  );
}

/** Pulls what a repository holds, by digest and by tag, and compares all of it; `only` narrows the images. */
export async function assertHeld(
  client: Sender,
  repository: string,
  { tags, images }: Held,
  only: (digest: string) => boolean = () => true,
): Promise<void> {
  for (const [digest, image] of images) if (only(digest)) await assertWhole(client, repository, image);
  for (const [tag, digest] of tags) {
    const image = images.get(digest);
    if (image !== undefined) await assertTagged(client, [repository, tag], image.manifest);
  }
}

function isShown(held: Held, { tags, manifests }: Shown): boolean {
  return (
    held.tags.size === tags.size &&
    held.images.size === manifests.size &&
    [...held.tags].every(([tag, digest]) => tags.get(tag) === digest) &&
    [...held.images.keys()].every((digest) => manifests.has(digest))
  );
}

/** Reads what a repository shows; one that is unknown shows nothing. */
async function shownBy(client: Sender, repository: string): Promise<Shown> {
  const tags = await listed<{ tags: readonly { name: string; digest: string }[] }>(client, `${repository}/_tags`);
  const manifests = await listed<{ manifests: readonly { digest: string }[] }>(client, `${repository}/_manifests`);
  return {
    tags: new Map(tags?.tags.map(({ name, digest }) => [name, digest])),
    manifests: new Set(manifests?.manifests.map(({ digest }) => digest)),
  };
}

async function listed<T>(client: Sender, path: string): Promise<T | undefined> {
  const answer = await client.send('GET', `/acr/v1/${path}?n=${PAGE}`);
  if (answer.status === 404) return undefined;
  assert.equal(answer.status, 200, answer.body.toString());
  return jsonOf<T>(answer);
}

/** Pulls an image by its digest and compares every byte of it with what was pushed. */
async function assertWhole(client: Sender, repository: string, image: Image): Promise<void> {
  const { manifest, blobs } = image;
  assertSame(await client.send('GET', manifestPath(repository, manifest.digest)), manifest, repository);
  for (const blob of blobs) await assertBlob(client, repository, blob);
}

/** Pulls a blob and compares its bytes. */
export async function assertBlob(client: Sender, repository: string, blob: Content): Promise<void> {
  assertSame(await client.send('GET', blobPath(repository, blob.digest)), blob, repository);
}

/** Pulls by tag and compares. */
async function assertTagged(
  client: Sender,
  [repository, tag]: readonly [string, string],
  manifest: Content,
): Promise<void> {
  assertSame(await client.send('GET', manifestPath(repository, tag)), manifest, `${repository}:${tag}`);
}

function assertSame({ status, body }: Answer, { bytes, digest }: Content, where: string): void {
  assert.equal(status, 200, `${where}: ${digest} was acknowledged and is answered with ${status}: ${said(body)}`);
  assert.ok(body.equals(bytes), `${where}: the bytes of ${digest} are others than those that were pushed`);
}

function said(body: Buffer): string {
  return body.subarray(0, 300).toString();
}
