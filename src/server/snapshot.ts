import type { RegistryView } from '../auth/registry-view.ts';
import type { RegistrySettings } from '../registry/call.ts';

/** One registry as both halves of the data plane see it. */
export interface ServedRegistry {
  readonly settings: RegistrySettings;
  readonly view: RegistryView;
}

/** Everything a request is judged by: immutable, replaced whole. */
export interface Snapshot {
  /** By login server, in lower case without port. */
  readonly registries: ReadonlyMap<string, ServedRegistry>;
}
