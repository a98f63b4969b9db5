import type {
  RetentionPolicy,
  SoftDeletePolicy,
} from '../arm/provider/microsoft.containerregistry/registry/settings.ts';
import type { RegistryView } from '../auth/registry-view.ts';
import type { RegistrySettings } from '../registry/call.ts';

/** One registry as both halves of the data plane see it. */
export interface ServedRegistry {
  readonly settings: RegistrySettings;
  readonly view: RegistryView;
  /** Whether webhooks are to be told of changes. */
  readonly announces: boolean;
  /** How long manifests without a tag are kept. */
  readonly retention: RetentionPolicy;
  /** Whether, and how long, what is deleted can be restored. */
  readonly softDelete: SoftDeletePolicy;
  /** The host of its dedicated data endpoint, where it is enabled. */
  readonly dataHost?: string;
}

/** Everything a request is judged by: immutable, replaced whole. */
export interface Snapshot {
  /** By login server, in lower case without port. */
  readonly registries: ReadonlyMap<string, ServedRegistry>;
  /** Registries by the host of their dedicated data endpoint. */
  readonly dataEndpoints: ReadonlyMap<string, ServedRegistry>;
}
