import assert from 'node:assert/strict';
import type { Answer, Ask, RegistryClient } from './client.ts';

/** An upload session, as a client follows it: always to the `Location` of the last answer. */
export class UploadSession {
  readonly #client: RegistryClient;
  location: string;

  private constructor(client: RegistryClient, location: string) {
    this.#client = client;
    this.location = location;
  }

  /** Begins one. */
  static async begin(client: RegistryClient, repository: string, query = ''): Promise<UploadSession> {
    const answer = await client.send('POST', `/v2/${repository}/blobs/uploads/${query}`);
    assert.equal(answer.status, 202, answer.body.toString());
    return new UploadSession(client, String(answer.headers.location));
  }

  /** Sends a chunk; `range` is its `Content-Range`, absent for a stream. */
  async patch(body: Ask['body'], range?: string): Promise<Answer> {
    const headers = range === undefined ? undefined : { 'content-range': range };
    return this.#follow(
      await this.#client.send('PATCH', this.location, { ...(body && { body }), ...(headers && { headers }) }),
    );
  }

  /** Ends it with a digest and perhaps a last chunk. */
  async put(
    digest: string,
    { body, range }: { readonly body?: string | Uint8Array; readonly range?: string } = {},
  ): Promise<Answer> {
    const headers = range === undefined ? undefined : { 'content-range': range };
    const path = `${this.location}?${new URLSearchParams({ digest }).toString()}`;
    return this.#client.send('PUT', path, { ...(body && { body }), ...(headers && { headers }) });
  }

  /** Asks how far it has come. */
  async status(): Promise<Answer> {
    return this.#client.send('GET', this.location);
  }

  /** Gives it up. */
  async cancel(): Promise<Answer> {
    return this.#client.send('DELETE', this.location);
  }

  #follow(answer: Answer): Answer {
    if (answer.headers.location !== undefined) this.location = answer.headers.location;
    return answer;
  }
}
