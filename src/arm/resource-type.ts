/**
 * What the management API needs to know of one resource type. A type is one folder below `provider/<namespace>/`;
 * everything here is pure: `(context, request) → changes`. The pipeline alone commits, so that deployments and what-if
 * call the same verbs.
 */
import type { TSchema } from 'typebox';
import type { JsonObject } from '../azure/json.ts';
import type { ResourceId } from '../azure/resource-id.ts';
import type { StateView, StoredResource } from '../state/port.ts';
import type { ApiVersions } from './api-version.ts';
import type { OperationEnd } from './operation.ts';
import type {
  ActionOutcome,
  ArmSettings,
  Listed,
  Refused,
  RemoveOutcome,
  VerbContext,
  WriteOutcome,
  WriteRequest,
} from './verb.ts';

/** One action on a resource, such as `powerOff`: a POST (or GET) on a word below its id. */
export interface ResourceAction {
  /** The name in the path, in Azure's case. */
  readonly name: string;
  readonly method: 'POST' | 'GET';
  /** What the caller must be allowed to do, where it is not `{type}/{name}/action`. */
  readonly permission?: string;
  run(
    context: VerbContext,
    request: {
      readonly resource: StoredResource;
      readonly apiVersion: string;
      readonly query: URLSearchParams;
      readonly body: JsonObject;
    },
  ): ActionOutcome;
}

/** One resource type. Everything that all types share is the pipeline's: see {@link ResourceEngine}. */
export interface ResourceType {
  /** In Azure's case, such as `Microsoft.Network/virtualNetworks`. */
  readonly type: string;
  readonly apiVersions: ApiVersions;
  /** `required`: a tracked resource, whose location can never change. `optional`: kept when given. `none`: refused. */
  readonly location: 'required' | 'optional' | 'none';
  /** Whether it can stand on any resource, group or subscription (locks, role assignments, diagnostic settings). */
  readonly extension?: true;
  /**
   * The shape of the whole body of a PUT, top-level members included (TypeBox, with `additionalProperties: false` at every
   * level that is ours). Members of `properties` that Azure answers and clients send back are in it with `readOnly: true`:
   * taken and left aside. `location`, `tags`, `id`, `name`, `type`, `etag` and `systemData` at the top are the engine's and
   * not in it: it keeps location and tags itself (`body` shows both to the verb). An unknown member is refused by name.
   */
  readonly schema: TSchema;
  /** The shape of the body of a PATCH; where absent, PATCH is refused (MethodNotAllowed). */
  readonly patchSchema?: TSchema;
  /** Whether and how it can be written; where absent, PUT is refused (MethodNotAllowed). */
  put?(context: VerbContext, request: WriteRequest): WriteOutcome;
  patch?(context: VerbContext, request: WriteRequest & { readonly existing: StoredResource }): WriteOutcome;
  /**
   * Decides on deletion; where absent, nothing stands in the way. What lies below the id goes before it, each by its own
   * `remove`; `withParent` tells that something above it is what was asked to go.
   */
  remove?(context: VerbContext, resource: StoredResource, withParent: boolean): RemoveOutcome;
  /** How a DELETE is answered, where clients take nothing else: with what was there (200), or 204; else 200 without a body. */
  readonly deletion?: 'shown' | 'no-content';
  /** The kind of operation that removes a resource, where a DELETE takes its time; until then it is `Deleting`. */
  readonly removedBy?: string;
  /** What a removal that is done at once is answered with, where clients take no 200. */
  readonly removalAnswer?: 'no-content';
  /** What an operation about the resource leaves it as when it is over; where absent, `provisioningState` says how it ended. */
  settle?(resource: StoredResource, end: OperationEnd, view: StateView): StoredResource;
  /** The JSON of the resource in one api-version, whole: id, name, type, location, tags, etag where Azure shows it, properties. */
  project(resource: StoredResource, apiVersion: string, view: StateView, settings: ArmSettings): JsonObject;
  /** What `$expand` adds to `properties`, by the word that asks for it. */
  readonly expand?: Readonly<
    Record<string, (resource: StoredResource, view: StateView, settings: ArmSettings) => JsonObject>
  >;
  /**
   * The members of a collection, where these are not the resources of the type directly in the scope (for `kind:
   * collection` paths): role assignments are also listed from above. `filter` is the raw `$filter`.
   */
  list?(context: VerbContext, scope: ResourceId | undefined, filter: string | undefined): readonly StoredResource[];
  readonly actions?: readonly ResourceAction[];
  /** What `list…` functions of templates answer, by their names; the caller needs `{type}/{name}/action`. */
  readonly lists?: Readonly<Record<string, (context: VerbContext, resource: StoredResource) => Listed | Refused>>;
}

/** A route that is no resource, collection or action on a resource: `checkNameAvailability`, `serviceTags`, VM sizes. */
export interface ArmRoute {
  readonly method: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE';
  /** As the router takes it, from the root: `/subscriptions/{subscription}/providers/Microsoft.X/checkNameAvailability`. */
  readonly path: string;
  /** What the caller must be allowed to do at the subscription (or group) in the path. `undefined`: any signed-in caller. */
  readonly permission: string | undefined;
  run(
    context: VerbContext,
    request: {
      readonly parameters: Readonly<Record<string, string>>;
      readonly query: URLSearchParams;
      readonly apiVersion: string;
      readonly body: JsonObject;
    },
  ): ActionOutcome;
}

/** A route below any resource, group or subscription. */
export interface ScopeRoute {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  /** What follows the scope's id and a slash. */
  readonly below: string;
  /** What the caller must be allowed to do at the scope. */
  readonly permission: string;
  run(context: VerbContext, request: { readonly scope: ResourceId; readonly body: JsonObject }): ActionOutcome;
}

/** A resource provider: one namespace with its types and routes. */
export interface ResourceProvider {
  /** In Azure's case, such as `Microsoft.Network`. */
  readonly namespace: string;
  readonly types: readonly ResourceType[];
  readonly routes?: readonly ArmRoute[];
  readonly scopeRoutes?: readonly ScopeRoute[];
}
