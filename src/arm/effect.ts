import type { ArmError } from '../azure/error.ts';
import type { Json, JsonObject } from '../azure/json.ts';
import type { StoredResource } from '../state/port.ts';

/** What an effect answers: at once, or later (202): `result` is the path, with its query, of what answers 202
 * until it is done, and `status` that of a document that says how it stands, where there is one. */
export type EffectOutcome =
  | { readonly kind: 'answered'; readonly body: Json | undefined }
  | { readonly kind: 'accepted'; readonly status?: string; readonly result: string }
  | { readonly kind: 'refused'; readonly error: ArmError };

/**
 * An action on a resource that is more than a change of the state: it reads or changes what other parts of the server
 * keep (passwords, content). The server gives these to the pipeline, which authorises them like any action.
 */
export interface ArmEffect {
  /** In Azure's case, such as `Microsoft.ContainerRegistry/registries`. */
  readonly type: string;
  /** The name in the path, in Azure's case, such as `listCredentials`. */
  readonly name: string;
  readonly method: 'POST' | 'GET';
  /** What the caller must be allowed to do, where it is not `{type}/{name}/action`. */
  readonly permission?: string;
  run(request: {
    readonly resource: StoredResource;
    readonly apiVersion: string;
    readonly body: JsonObject;
    readonly query: URLSearchParams;
    readonly caller: string;
  }): Promise<EffectOutcome>;
}
