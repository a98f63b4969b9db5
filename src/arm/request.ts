import type { JsonObject } from '../azure/json.ts';
import type { AdminSecrets } from './verb.ts';

/** One request to the management API: signed in, its body read. */
export interface ArmRequest {
  readonly method: string;
  /** Decoded, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** `If-Match` and `If-None-Match`, as they came. */
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Whether the client would rather be told at once where to ask than wait a moment (`Prefer: respond-async`, RFC 7240). */
  readonly respondAsync: boolean;
  /** Secrets that a deployment may ask for. */
  readonly secrets?: AdminSecrets;
  /** Empty when there was none. */
  readonly body: JsonObject;
  /** The object id of who asks. */
  readonly caller: string;
}
