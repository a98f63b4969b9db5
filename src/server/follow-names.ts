import type { Config } from '../config/config.ts';
import { loginHost } from '../config/login-host.ts';
import type { Change, StateReader, StateView } from '../state/port.ts';

const REGISTRY = 'microsoft.containerregistry/registries';

/** The names of all registries, and the hosts that clients know them by, each in its order. */
export interface RegistryNames {
  readonly registries: readonly string[];
  readonly hosts: readonly string[];
}

/** The names of the registries in a view. */
export function registryNames(config: Config, view: StateView): RegistryNames {
  const registries = view.ofType(REGISTRY).map(({ name }) => name.toLowerCase());
  return { registries, hosts: registries.map((name) => loginHost(config, name)) };
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
  let known = first.registries.join();
  const look = async (view: StateView): Promise<void> => {
    const names = registryNames(config, view);
    if (names.registries.join() === known) return;
    known = names.registries.join();
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
