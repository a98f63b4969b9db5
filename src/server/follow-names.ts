import { settingsOf } from '../arm/provider/microsoft.containerregistry/registry/settings.ts';
import type { Config } from '../config/config.ts';
import { loginHost } from '../config/login-host.ts';
import type { Change, StateReader, StateView, StoredResource } from '../state/port.ts';

const REGISTRY = 'microsoft.containerregistry/registries';

/** The names of all registries, and the hosts that clients know them by, each in its order. */
export interface RegistryNames {
  readonly registries: readonly string[];
  readonly hosts: readonly string[];
}

/** The names of the registries in a view. */
export function registryNames(config: Config, view: StateView): RegistryNames {
  const all = view.ofType(REGISTRY);
  const hosts = all.flatMap((registry) => [
    loginHost(config, registry.name.toLowerCase()),
    ...dataHosts(config, registry),
  ]);
  return { registries: all.map(({ name }) => name.toLowerCase()), hosts };
}

/** The host of a registry's dedicated data endpoint, where it is enabled. */
export function dataHosts(config: Pick<Config, 'registrySuffix'>, registry: StoredResource): readonly string[] {
  const { name, location = '' } = registry;
  return settingsOf(registry).dataEndpointEnabled
    ? [`${name}.${location}.data.${config.registrySuffix}`.toLowerCase()]
    : [];
}

/**
 * Calls `changed` when registries come or go after `first` was true; who made or removed one is answered when it resolved.
 * Resolves when nothing was missed since.
 */
export async function followNames(
  state: StateReader,
  config: Config,
  { first, changed }: { readonly first: RegistryNames; readonly changed: (names: RegistryNames) => Promise<void> },
): Promise<Disposable> {
  let known = first.hosts.join();
  const look = async (view: StateView): Promise<void> => {
    const names = registryNames(config, view);
    if (names.hosts.join() === known) return;
    known = names.hosts.join();
    await changed(names);
  };
  const stop = state.follow(async (view, changes) => {
    if (changes.some(isOfRegistry)) await look(view);
  });
  await look(state.view());
  return { [Symbol.dispose]: stop };
}

function isOfRegistry(change: Change): boolean {
  const key = change.kind === 'put' ? change.resource.key : change.key;
  return key.includes(`/providers/${REGISTRY}/`);
}
