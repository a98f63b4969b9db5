import assert from 'node:assert/strict';
import { type Answer, jsonOf, type RegistryClient } from '../registry/client.ts';
import { blobPath, type Content, manifestPath } from '../registry/push.ts';
import type { Image } from './image.ts';

/** What a repository shows: its tags with what they name, and its manifests. */
export interface Shown {
  readonly tags: ReadonlyMap<string, string>;
  readonly manifests: ReadonlySet<string>;
}

const PAGE = 1_000;

/** Reads what a repository shows; one that is unknown shows nothing. */
export async function shownBy(client: RegistryClient, repository: string): Promise<Shown> {
  const tags = await listed<{ tags: readonly { name: string; digest: string }[] }>(client, `${repository}/_tags`);
  const manifests = await listed<{ manifests: readonly { digest: string }[] }>(client, `${repository}/_manifests`);
  return {
    tags: new Map(tags?.tags.map(({ name, digest }) => [name, digest])),
    manifests: new Set(manifests?.manifests.map(({ digest }) => digest)),
  };
}

async function listed<T>(client: RegistryClient, path: string): Promise<T | undefined> {
  const answer = await client.send('GET', `/acr/v1/${path}?n=${PAGE}`);
  if (answer.status === 404) return undefined;
  assert.equal(answer.status, 200, answer.body.toString());
  return jsonOf<T>(answer);
}

/** Pulls an image by its digest and compares every byte of it with what was pushed. */
export async function assertWhole(client: RegistryClient, repository: string, image: Image): Promise<void> {
  const { manifest, blobs } = image;
  assertSame(await client.send('GET', manifestPath(repository, manifest.digest)), manifest, repository);
  for (const blob of blobs) await assertBlob(client, repository, blob);
}

/** Pulls a blob and compares its bytes. */
export async function assertBlob(client: RegistryClient, repository: string, blob: Content): Promise<void> {
  assertSame(await client.send('GET', blobPath(repository, blob.digest)), blob, repository);
}

/** Pulls by tag and compares. */
export async function assertTagged(
  client: RegistryClient,
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
