/** What verbs of the management API are given: everything they may know, so that each is a function of its arguments. */
import type { ArmError } from '../azure/error.ts';
import type { ContainerHosts } from './container-hosts.ts';
import type { Json, JsonObject } from '../azure/json.ts';
import type { ResourceId } from '../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../state/port.ts';
import type { Hosts } from './hosts.ts';
import type { OperationWish } from './operation.ts';
import type { Work } from './template/work.ts';

/** Which Azure is imitated (ARCHITECTURE.md §4). */
export interface ArmSettings {
  /** `azure`: Azure's refusals, limits and tiers. `open`: private and IPv6 prefixes, 10,000 rules, no tiers. */
  readonly profile: 'azure' | 'open';
  readonly cloud: 'AzureCloud' | 'AzureUSGovernment' | 'AzureChinaCloud';
  readonly tenantId: string;
  /** What follows a registry's name in its login server. */
  readonly registrySuffix: string;
  /** What follows the login server's name in clients' eyes, such as `:5443`; empty on 443. */
  readonly registryPort: string;
  /** The IPv4 prefix that public addresses of Azure resources are taken from. */
  readonly publicPrefix: string;
  /** Whether a provider is registered by itself when a resource of it is written first. */
  readonly autoRegistration: boolean;
  /** What runs containers behind clusters and container groups now. */
  readonly containerHosts: ContainerHosts;
  /** Whether a change of rules checks every subnet of the list anew, as Azure's service does (facts/acr.md §1.4). */
  readonly revalidateAllRules: boolean;
  /** What stands behind virtual machines now. */
  readonly hosts: Hosts;
}

/** The passwords of admin users, for templates that ask for them (`listCredentials`). */
export interface AdminSecrets {
  /** Those of a registry that was there before the request; `undefined` when they are not known. */
  readonly kept: (uid: string) => AdminPasswords | undefined;
  /** New ones for a registry that the request makes, the same each time; `sealed` keeps them with it. */
  readonly made: (uid: string) => { readonly passwords: AdminPasswords; readonly sealed: string };
}

/** Both passwords of an admin user. */
export type AdminPasswords = Readonly<Record<'password' | 'password2', string>>;

/** Everything a verb may know. Time and new ids are arguments, so that a verb is a function of what it is given. */
export interface VerbContext {
  /** What is, with the changes of the same decision that went before. */
  readonly view: StateView;
  readonly settings: ArmSettings;
  readonly nowMs: number;
  /** The object id of who asks; `may(view, caller, action, scope)` of authorise.ts tells what it may do. */
  readonly caller: string;
  /** A new random UUID at each call. */
  readonly newUuid: () => string;
  /** The origin of the management API as clients see it, without a final slash: for links and operation URLs. */
  readonly origin: string;
  /** Where the request may ask for secrets: that of a deployment. */
  readonly secrets?: AdminSecrets;
  /** The engine itself, for verbs that write other resources (deployments) or remove them (groups). */
  readonly engine: ResourceEngine;
  /** Within a deployment: what it, with those nested in it, may still take. */
  readonly work?: Work;
}

/** A request to put or patch one resource. */
export interface WriteRequest {
  readonly id: ResourceId;
  readonly apiVersion: string;
  /** The whole body, of the shape that the type's schema gives. */
  readonly body: JsonObject;
  /** The resource as it is; `undefined` when the request creates it. */
  readonly existing: StoredResource | undefined;
}

/** A refusal, as an outcome. */
export interface Refused {
  readonly kind: 'refused';
  readonly error: ArmError;
  /** What is kept of the refused request all the same: the record of a deployment that failed. */
  readonly record?: readonly Change[];
}

/** Makes an error the outcome of a verb. */
export function refused(error: ArmError): Refused {
  return { kind: 'refused', error };
}

/**
 * What a write comes to: the resource as it will be, with everything else that changes along with it. With an
 * `operation` it is not over (the resource keeps `provisioningState: Creating` or the like in its properties); what was
 * under way about the resource is preempted by any write.
 */
export type WriteOutcome =
  | {
      readonly kind: 'written';
      readonly resource: StoredResource;
      readonly also?: readonly Change[];
      readonly operation?: OperationWish;
    }
  | Refused;

/** What a deletion comes to: changes beside the resource and all below it, which go by themselves. */
export type RemoveOutcome = { readonly kind: 'removed'; readonly also?: readonly Change[] } | Refused;

/**
 * What an action or a route answers (200, or 204 without a body), with what it changes; or 202 and where to ask again:
 * `begun` by the id that `beginOperation` gave.
 */
export type ActionOutcome =
  | {
      readonly kind: 'answered';
      readonly body: Json | undefined;
      readonly changes?: readonly Change[];
      /** When to ask again what is not over, in seconds: clients that are not told wait for half a minute. */
      readonly askAgainS?: number;
    }
  | { readonly kind: 'begun'; readonly operation: string; readonly changes: readonly Change[] }
  /** It is not over: 202, with where to ask again, and what there is to say of it. */
  | { readonly kind: 'running'; readonly location: string; readonly body?: Json }
  | Refused;

/** What the engine decided on one write: every change of it, and the resource as the api-version shows it. */
export type EngineWrite =
  | {
      readonly kind: 'written';
      readonly created: boolean;
      readonly changes: readonly Change[];
      readonly json: JsonObject;
      /** The id of the operation that it began, where it is not over. */
      readonly operation?: string;
    }
  | Refused;

/** What a list answers, with what it changes. */
export interface Listed {
  readonly kind: 'listed';
  readonly json: Json;
  readonly changes: readonly Change[];
}

/** What the engine decided on one removal: every change of it, children and dependants included. */
export type EngineRemoval =
  | { readonly kind: 'removed'; readonly changes: readonly Change[] }
  | { readonly kind: 'absent' }
  | Refused;

/**
 * The pure part of the pipeline: authorisation of the caller, locks, api-version, schema, parents, provider registration
 * and the type's own verb, over `context.view`. Nothing is committed: the caller lays `changes` over the view
 * (`view.with(changes)`) for the next step, or commits them.
 */
export interface ResourceEngine {
  write(
    context: VerbContext,
    request: {
      readonly method: 'PUT' | 'PATCH';
      readonly id: ResourceId;
      readonly apiVersion: string;
      readonly body: JsonObject;
    },
  ): EngineWrite;
  remove(context: VerbContext, id: ResourceId): EngineRemoval;
  /** The resource as the api-version shows it; an error when it is absent, the type unknown or the caller may not read it. */
  read(
    context: VerbContext,
    id: ResourceId,
    apiVersion: string,
  ): { readonly kind: 'found'; readonly json: JsonObject } | Refused;
  /** What a `list…` function of templates answers about a resource, with what it changes. */
  list(
    context: VerbContext,
    id: ResourceId,
    asked: { readonly apiVersion: string; readonly name: string },
  ): Listed | Refused;
  /** The newest stable api-version of a type, for those who name none. */
  newestApiVersion(type: string): string | undefined;
}
