/** One request that has been answered. The path has no query, and no header but the user agent is kept. */
export interface AccessEntry {
  readonly correlationId: string;
  readonly listener: string;
  readonly remoteAddress: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  /** The route that answered, such as `end-2`. */
  readonly route: string;
  readonly status: number;
  /** The code of the refusal, where it was one. */
  readonly refusal?: string | undefined;
  /** Why the client's network was let in or refused, and the generation of the rules that said so. */
  readonly admission?: string | undefined;
  readonly generation?: string | undefined;
  /** Who signed in, where somebody did. */
  readonly principal?: string | undefined;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly durationMs: number;
  readonly userAgent?: string | undefined;
}
