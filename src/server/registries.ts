import { compileRegistryView } from '../auth/registry-view.ts';
import type { Config } from '../config/config.ts';
import { loginHost } from '../config/login-host.ts';
import type { RegistryDeclaration } from '../config/registry.ts';
import type { Directory } from '../directory/port.ts';
import type { RegistryUid } from '../store/port.ts';
import { StartRefusedError } from './ready.ts';
import type { ServedRegistry, Snapshot } from './snapshot.ts';

/** The snapshot of a configuration: every registry it declares, bound to its immutable uid. */
export async function snapshotOf(config: Config, directory: Directory, nowMs: number): Promise<Snapshot> {
  const registries = new Map<string, ServedRegistry>();
  for (const declaration of config.registries) {
    const served = serve(declaration, config, await directory.ensureRegistry(declaration.name, nowMs));
    registries.set(served.settings.loginServer, served);
  }
  return { registries };
}

function serve(declaration: RegistryDeclaration, config: Config, uid: string): ServedRegistry {
  const loginServer = loginHost(config, declaration.name);
  const compiled = compileRegistryView({ ...declaration, uid, loginServer });
  if (compiled.kind === 'refused') throw new StartRefusedError(compiled.message);
  const { name, allowSparseManifests } = declaration;
  const { maxBlobBytes } = config;
  // The directory makes uids; this is where one enters the store's vocabulary.
  const settings = { uid: uid as RegistryUid, name, loginServer, allowSparseManifests, maxBlobBytes };
  return { settings, view: compiled.view };
}
