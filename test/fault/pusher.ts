import assert from 'node:assert/strict';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { type Answer, type Ask, refusalOf } from '../registry/client.ts';
import { blobPath, type Content, manifestPath } from '../registry/push.ts';
import { assertBlob, assertHeld, type Held, heldBy, type Sender } from './content-check.ts';
import { type Image, imageOfLayers, layerOf } from './image.ts';
import { refuseShortage, ShortageError } from './lost.ts';
import type { Random } from './random.ts';
import type { Restorable, WhenEnded } from './restorable.ts';

/** What pushers share: layers that exist somewhere, to be pushed again, mounted, and deleted under one another. */
export interface SharedLayers {
  readonly layers: { readonly repository: string; readonly layer: Content }[];
  /** Rises when a pass of the collection begins and ends: a blob that no manifest names during one may be as good as absent. */
  readonly turns?: () => number;
}

/** What a client knows to be there once an answer has come. */
export interface Acknowledged {
  /** The correlation id of the answer; none at first. */
  readonly id?: string;
  readonly held: Held;
  /** Blobs that no manifest names yet. */
  readonly loose: readonly Content[];
  /** What {@link SharedLayers.turns} was when the first of them was acknowledged. */
  readonly since: number;
}

const EMPTY: Held = { tags: new Map(), images: new Map() };
const TAGS = ['v1', 'v2', 'v3', 'latest', 'edge'];
const MOST_IMAGES = 12;
const MOST_SHARED = 40;

/**
 * One client with a repository of its own, which it changes by one request after another. It always knows what the
 * repository must hold: what was acknowledged, or, where a change was under way when the server died, that or the
 * change made whole.
 */
export class Pusher implements Restorable {
  readonly repository: string;
  readonly #client: Sender;
  readonly #random: Random;
  readonly #shared: SharedLayers;
  #held = EMPTY;
  #next: Held | undefined;
  /** The states that a restore may bring back: a backup has any one moment of those while it was made. */
  #others: readonly Held[] = [];
  /** Blobs acknowledged and not yet named by a manifest. */
  #loose: readonly Content[] = [];
  #looseSince = 0;
  #last = '';
  /** Manifests that changed hands since the last check. */
  readonly #touched = new Set<string>();
  #sequence = 0;
  acknowledged = 0;
  /** What was acknowledged, one change after another. */
  readonly journal: Acknowledged[] = [{ held: EMPTY, loose: [], since: 0 }];

  constructor(client: Sender, repository: string, random: Random, shared: SharedLayers) {
    this.#client = client;
    this.repository = repository;
    this.#random = random;
    this.#shared = shared;
  }

  /** Makes one change; throws when the connection is lost on the way. */
  async step(): Promise<void> {
    const chance = this.#random.below(100);
    if (this.#held.images.size > MOST_IMAGES || chance < 1) return this.#deleteRepository();
    if (chance < 55 || this.#held.images.size === 0) return this.#push();
    if (chance < 75) return this.#moveTag();
    if (chance < 88) return this.#deleteTag();
    return this.#deleteManifest();
  }

  /** Holds the repository against what must be there. `whole`: every image, not only those of late. */
  async check(whole: boolean): Promise<void> {
    const next = this.#next === undefined ? [] : [this.#next];
    this.#held = await heldBy(this.#client, this.repository, [this.#held, ...next, ...this.#others]);
    if (this.#next !== undefined) this.#loose = [];
    this.#next = undefined;
    this.#others = [];
    this.journal.length = 0;
    this.#acknowledge();
    await assertHeld(this.#client, this.repository, this.#held, (digest) => whole || this.#touched.has(digest));
    if (isBetweenPasses(this.#looseSince, this.#turns()))
      for (const blob of this.#loose) await assertBlob(this.#client, this.repository, blob);
    this.#touched.clear();
  }

  remember(): WhenEnded {
    const from = this.journal.length - 1;
    const [loose, since] = [this.#loose, this.#looseSince];
    return () => {
      const known = this.journal.slice(from).map(({ held }) => held);
      const [first = EMPTY, ...others] = this.#next === undefined ? known : [...known, this.#next];
      return () => {
        this.#held = first;
        this.#others = others;
        this.#next = undefined;
        this.#loose = others.length === 0 ? loose : [];
        this.#looseSince = since;
      };
    };
  }

  async #push(): Promise<void> {
    const layers = [this.#freshLayer(), ...this.#sharedLayers()];
    const image = imageOfLayers(layers, `${this.repository} ${this.#sequence++}`);
    for (const blob of image.blobs) await this.#pushBlob(blob);
    await this.#putManifest(image, this.#random.pick(TAGS));
    const layer = this.#random.pick(layers);
    this.#shared.layers.push({ repository: this.repository, layer });
    if (this.#shared.layers.length > MOST_SHARED) this.#shared.layers.shift();
  }

  #freshLayer(): Content {
    const size = this.#random.pick([1, 700, 5_000, 20_000, 300_000]);
    return layerOf(this.#random.bytes(size));
  }

  #sharedLayers(): readonly Content[] {
    const { layers } = this.#shared;
    return layers.length === 0 || this.#random.below(2) === 0 ? [] : [this.#random.pick(layers).layer];
  }

  async #pushBlob(blob: Content): Promise<void> {
    const known = this.#shared.layers.find(({ layer }) => layer.digest === blob.digest);
    if (known === undefined) await this.#upload(blob);
    else if (this.#random.below(2) === 0) await this.#mount(blob, known.repository);
    else if ((await this.#send('HEAD', blobPath(this.repository, blob.digest))).status !== 200)
      await this.#upload(blob);
    if (this.#loose.length === 0) this.#looseSince = this.#turns();
    this.#loose = [...this.#loose, blob];
    this.#acknowledge();
  }

  async #upload(blob: Content): Promise<void> {
    const uploads = `/v2/${this.repository}/blobs/uploads/`;
    const headers = { 'content-type': MEDIA_TYPE.octetStream };
    if (this.#random.below(2) === 0) {
      const single = await this.#send('POST', `${uploads}?digest=${blob.digest}`, { body: blob.bytes, headers });
      return assertStatus(single, 201);
    }
    const begun = await this.#send('POST', uploads);
    assertStatus(begun, 202);
    const sent = await this.#send('PATCH', String(begun.headers.location), { body: blob.bytes, headers });
    assertStatus(sent, 202);
    assertStatus(await this.#send('PUT', `${String(sent.headers.location)}?digest=${blob.digest}`), 201);
  }

  async #mount(blob: Content, from: string): Promise<void> {
    const query = new URLSearchParams({ mount: blob.digest, from }).toString();
    const answer = await this.#send('POST', `/v2/${this.repository}/blobs/uploads/?${query}`);
    if (answer.status === 201) return;
    // The repository it was in does not have it any more: the answer began an upload.
    assertStatus(answer, 202);
    const headers = { 'content-type': MEDIA_TYPE.octetStream };
    const path = `${String(answer.headers.location)}?digest=${blob.digest}`;
    assertStatus(await this.#send('PUT', path, { body: blob.bytes, headers }), 201);
  }

  async #putManifest(image: Image, tag: string): Promise<void> {
    const { manifest } = image;
    const answer = await this.#change(
      { tags: this.#held.tags, images: new Map(this.#held.images).set(manifest.digest, image) },
      new Map(this.#held.tags).set(tag, manifest.digest),
      [
        'PUT',
        manifestPath(this.repository, tag),
        { body: manifest.bytes, headers: { 'content-type': manifest.descriptor.mediaType } },
      ],
    );
    this.#touched.add(manifest.digest);
    // A blob that was there when it was looked for may be deleted before it is named; then nothing is stored.
    if (answer.status !== 201) assert.equal(refusalOf(answer), '404 MANIFEST_BLOB_UNKNOWN');
    this.#loose = [];
  }

  async #moveTag(): Promise<void> {
    const image = this.#random.pick([...this.#held.images.values()]);
    await this.#putManifest(image, this.#random.pick(TAGS));
  }

  async #deleteTag(): Promise<void> {
    const tag = this.#random.pick(TAGS);
    const tags = new Map(this.#held.tags);
    const had = tags.delete(tag);
    const answer = await this.#change(this.#held, tags, ['DELETE', `/acr/v1/${this.repository}/_tags/${tag}`]);
    assertStatus(answer, had ? 202 : 404);
  }

  async #deleteManifest(): Promise<void> {
    const digest = this.#random.pick([...this.#held.images.keys()]);
    const images = new Map(this.#held.images);
    images.delete(digest);
    const tags = new Map([...this.#held.tags].filter(([, named]) => named !== digest));
    const path = manifestPath(this.repository, digest);
    assertStatus(await this.#change({ ...this.#held, images }, tags, ['DELETE', path]), 202);
  }

  async #deleteRepository(): Promise<void> {
    const answer = await this.#change(EMPTY, EMPTY.tags, ['DELETE', `/acr/v1/${this.repository}`]);
    if (answer.status !== 404) assertStatus(answer, 202);
  }

  /** Sends a request that makes the repository hold something else, if it is answered with success. */
  async #change(
    { images }: Held,
    tags: Held['tags'],
    [method, path, ask]: readonly [string, string, Ask?],
  ): Promise<Answer> {
    this.#next = { tags, images };
    const answer = await this.#send(method, path, ask).catch((error: unknown) => {
      if (error instanceof ShortageError) this.#next = undefined;
      throw error;
    });
    if (answer.status < 300) {
      this.#held = this.#next;
      this.#loose = [];
      this.#acknowledge();
    }
    this.#next = undefined;
    return answer;
  }

  async #send(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    const answer = await this.#client.send(method, path, ask);
    refuseShortage(answer, answer.body.toString());
    assert.ok(answer.status < 500, `${method} ${path}: ${answer.status} ${answer.body.toString()}`);
    if (answer.status < 300) this.acknowledged++;
    this.#last = String(answer.headers['x-ms-correlation-request-id']);
    return answer;
  }

  #turns(): number {
    return this.#shared.turns?.() ?? 0;
  }

  #acknowledge(): void {
    this.journal.push({ id: this.#last, held: this.#held, loose: this.#loose, since: this.#looseSince });
  }
}

/** Whether no pass of the collection ran from one moment to another. */
export function isBetweenPasses(from: number, to: number): boolean {
  return from === to && from % 2 === 0;
}

function assertStatus({ status, body }: Answer, wanted: number): void {
  assert.equal(status, wanted, body.toString());
}
