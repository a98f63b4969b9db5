/**
 * What the management API needs to know of one resource type. A type is one folder below `provider/`; everything here
 * is pure: `(view, request) → changes`. The pipeline alone commits, so deployments and what-if call the same verbs.
 */
import type { ArmError } from '../azure/error.ts';
import type { Json, JsonObject } from '../azure/json.ts';
import type { ResourceId, ResourceKey } from '../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../state/port.ts';

/** Which Azure is imitated (ARCHITECTURE.md §4). */
export interface ArmSettings {
  /** `azure`: Azure's refusals, limits and tiers. `open`: private and IPv6 prefixes, 10,000 rules, no tiers. */
  readonly profile: 'azure' | 'open';
  readonly cloud: 'AzureCloud' | 'AzureUSGovernment' | 'AzureChinaCloud';
  readonly tenantId: string;
  /** What follows a registry's name in its login server. */
  readonly registrySuffix: string;
}

/** Everything a verb may know. Time and new ids are arguments, so that a verb is a function of what it is given. */
export interface VerbContext {
  readonly view: StateView;
  readonly settings: ArmSettings;
  readonly nowMs: number;
  /** The object id of who asks. */
  readonly caller: string;
  /** A new random UUID at each call. */
  readonly newUuid: () => string;
  /** Whether the caller may do this action at this scope; for what a request needs beside its own action. */
  readonly may: (action: string, scope: ResourceKey) => boolean;
}

/** A request to put or patch one resource. */
export interface WriteRequest {
  readonly id: ResourceId;
  readonly apiVersion: string;
  /** The whole body; its shape is checked by the verb. */
  readonly body: JsonObject;
  /** The resource as it is; `undefined` when the request creates it. */
  readonly existing: StoredResource | undefined;
}

/** What a write comes to: the resource as it will be, with everything else that changes along with it. */
export type WriteOutcome =
  | { readonly kind: 'written'; readonly resource: StoredResource; readonly also?: readonly Change[] }
  | { readonly kind: 'refused'; readonly error: ArmError };

/** What a deletion comes to: further changes beside the resource and all below it. */
export type RemoveOutcome =
  | { readonly kind: 'removed'; readonly also?: readonly Change[] }
  | { readonly kind: 'refused'; readonly error: ArmError };

/** What a pure action (a POST) answers, with what it changes. */
export type ActionOutcome =
  | { readonly kind: 'answered'; readonly body: Json | undefined; readonly changes?: readonly Change[] }
  | { readonly kind: 'refused'; readonly error: ArmError };

/** One action on a resource, such as `listUsages`. */
export interface ResourceAction {
  /** The name in the path, in Azure's case. */
  readonly name: string;
  readonly method: 'POST' | 'GET';
  run(
    context: VerbContext,
    request: { readonly resource: StoredResource; readonly apiVersion: string; readonly body: JsonObject },
  ): ActionOutcome;
}

/** One resource type. */
export interface ResourceType {
  /** In Azure's case, such as `Microsoft.Network/virtualNetworks`. */
  readonly type: string;
  /** Every api-version it answers to, newest first; any other is refused by name. */
  readonly apiVersions: readonly string[];
  /** Whether a location is required (`true`), inherited or absent (`false`). */
  readonly tracked: boolean;
  put(context: VerbContext, request: WriteRequest): WriteOutcome;
  /** Merges as Azure does; where absent, PATCH is refused. */
  patch?(context: VerbContext, request: WriteRequest & { readonly existing: StoredResource }): WriteOutcome;
  /** Decides on deletion; where absent, nothing stands in the way. */
  remove?(context: VerbContext, resource: StoredResource): RemoveOutcome;
  /** The JSON of the resource in one api-version, whole: id, name, type, location, tags, etag where the type has it, properties. */
  project(resource: StoredResource, apiVersion: string, view: StateView): JsonObject;
  readonly actions?: readonly ResourceAction[];
}
