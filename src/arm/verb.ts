/** What verbs of the management API are given: everything they may know, so that each is a function of its arguments. */
import type { JsonObject } from '../azure/json.ts';
import type { ResourceId, ResourceKey } from '../azure/resource-id.ts';
import type { StateView, StoredResource } from '../state/port.ts';

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
