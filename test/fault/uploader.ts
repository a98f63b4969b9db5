import assert from 'node:assert/strict';
import { type Answer, refusalOf } from '../registry/client.ts';
import { type Content, content, manifestPath } from '../registry/push.ts';
import { assertBlob, type Sender } from './content-check.ts';
import { artifactOf } from './image.ts';
import type { Random } from './random.ts';
import type { Restorable, WhenEnded } from './restorable.ts';

const CHUNK = 60_000;

/** An upload under way: what is sent, how much of it was acknowledged, and whether its end was asked for. */
interface Upload {
  readonly blob: Content;
  location: string;
  acknowledged: number;
  ending: boolean;
}

/** One client that uploads blobs chunk by chunk and goes on, after a crash, where the server says. */
export class Uploader implements Restorable {
  readonly #client: Sender;
  readonly #repository: string;
  readonly #random: Random;
  #upload: Upload | undefined;
  #done: Content | undefined;
  /** Where an upload was that a restore ended: what is not finished is in no backup. */
  #ended: string | undefined;
  acknowledged = 0;
  /** How many uploads went on after a crash. */
  resumed = 0;

  constructor(client: Sender, repository: string, random: Random) {
    this.#client = client;
    this.#repository = repository;
    this.#random = random;
  }

  /** Sends the next chunk, or begins or ends an upload; throws when the connection is lost. */
  async step(): Promise<void> {
    const upload = this.#upload;
    if (upload === undefined) return this.#begin();
    if (upload.acknowledged === upload.blob.bytes.length) return this.#end(upload);
    return this.#send(upload);
  }

  /** Every byte that was acknowledged is kept, no byte that was never sent, and the blob last ended is whole. */
  async check(): Promise<void> {
    if (this.#done !== undefined) await assertBlob(this.#client, this.#repository, this.#done);
    if (this.#ended !== undefined) assert.equal((await this.#client.send('GET', this.#ended)).status, 404);
    this.#ended = undefined;
    const upload = this.#upload;
    if (upload === undefined) return;
    const answer = await this.#client.send('GET', upload.location);
    if (upload.ending && answer.status === 404) {
      // The session is over, so the blob was linked; named it was not.
      this.#upload = undefined;
      return;
    }
    assert.equal(answer.status, 204, `an upload that was acknowledged is gone: ${answer.body.toString()}`);
    const offset = offsetOf(answer);
    const sent = Math.min(upload.acknowledged + CHUNK, upload.blob.bytes.length);
    assert.ok(
      offset >= upload.acknowledged && offset <= sent,
      `the upload has ${offset} bytes; ${upload.acknowledged} were acknowledged, ${sent} sent`,
    );
    upload.acknowledged = offset;
    upload.ending = false;
    upload.location = answer.headers.location ?? upload.location;
    this.resumed++;
  }

  remember(): WhenEnded {
    const done = this.#done;
    return () => () => {
      this.#done = done;
      this.#ended = this.#upload?.location;
      this.#upload = undefined;
    };
  }

  async #begin(): Promise<void> {
    const blob = content(this.#random.bytes(CHUNK * (1 + this.#random.below(4)) + this.#random.below(CHUNK) + 2));
    const answer = await this.#client.send('POST', `/v2/${this.#repository}/blobs/uploads/`);
    assert.equal(answer.status, 202, answer.body.toString());
    this.#upload = { blob, location: String(answer.headers.location), acknowledged: 0, ending: false };
    this.acknowledged++;
  }

  async #send(upload: Upload): Promise<void> {
    const { acknowledged, blob } = upload;
    const body = blob.bytes.subarray(acknowledged, acknowledged + CHUNK);
    const headers = { 'content-range': `${acknowledged}-${acknowledged + body.length - 1}` };
    const answer = await this.#client.send('PATCH', upload.location, { body, headers });
    assert.equal(answer.status, 202, answer.body.toString());
    upload.acknowledged += body.length;
    upload.location = String(answer.headers.location);
    this.acknowledged++;
  }

  async #end(upload: Upload): Promise<void> {
    upload.ending = true;
    const answer = await this.#client.send('PUT', `${upload.location}?digest=${upload.blob.digest}`);
    assert.equal(answer.status, 201, answer.body.toString());
    this.acknowledged++;
    this.#upload = undefined;
    await this.#name(upload.blob);
  }

  /** From then on the blob stays. A collection that came in between had it for garbage: then nothing is stored. */
  async #name(blob: Content): Promise<void> {
    const manifest = artifactOf(blob);
    const answer = await this.#client.send('PUT', manifestPath(this.#repository, manifest.digest), {
      body: manifest.bytes,
      headers: { 'content-type': manifest.descriptor.mediaType },
    });
    if (answer.status === 201) this.#done = blob;
    else assert.equal(refusalOf(answer), '404 MANIFEST_BLOB_UNKNOWN');
  }
}

function offsetOf({ headers }: Answer): number {
  const last = Number(/^0-(\d+)$/.exec(headers.range ?? '')?.[1] ?? Number.NaN);
  // `0-0` is how no bytes are told; no chunk is of one byte.
  return last === 0 ? 0 : last + 1;
}
