import { EVERYTHING, type Grant, NOTHING } from '../access/grant.ts';
import { may } from '../arm/authorise.ts';
import { settingsOf } from '../arm/provider/microsoft.containerregistry/registry/settings.ts';
import { compileRegistryView } from '../auth/registry-view.ts';
import type { ResourceKey } from '../azure/resource-id.ts';
import type { Config } from '../config/config.ts';
import { loginHost } from '../config/login-host.ts';
import type { Directory } from '../directory/port.ts';
import type { Change, State, StateView, StoredResource } from '../state/port.ts';
import type { RegistryUid } from '../store/port.ts';
import { dataHosts } from './follow-names.ts';
import { StartRefusedError } from './ready.ts';
import type { SecretBox } from '../trust/secret-box.ts';
import { toldPasswords } from './template-secrets.ts';
import { settleTokenPasswords } from './token-passwords.ts';
import { hasWebhooks } from './webhooks.ts';
import type { ServedRegistry, Snapshot } from './snapshot.ts';

const REGISTRY = 'microsoft.containerregistry/registries';
const ACTION = 'Microsoft.ContainerRegistry/registries';

/** The registries of the state, as requests are judged by them; follows every commit. */
export interface Registries {
  readonly snapshot: () => Snapshot;
}

/** What serving the registries of the state needs. */
export interface RegistryServices {
  readonly state: State;
  readonly directory: Directory;
  readonly box: SecretBox;
  readonly config: Config;
  readonly now: () => number;
}

/** Serves the registries of the state from now on: a commit that makes, changes or removes one is in force before it is answered. */
export async function followRegistries(services: RegistryServices): Promise<Registries> {
  const { state } = services;
  const first = state.view();
  for (const registry of first.ofType(REGISTRY)) await adopt(services, registry);
  await settleTokenPasswords(services.directory, undefined, first);
  let snapshot = snapshotOf(services, first);
  let before = first;
  state.follow(async (view, changes) => {
    if (!changes.some(isAboutRegistries)) return;
    await tellDirectory(services, { before: snapshot, view });
    await settleTokenPasswords(services.directory, before, view);
    before = view;
    snapshot = snapshotOf(services, view);
  });
  return { snapshot: () => snapshot };
}

function isAboutRegistries(change: Change): boolean {
  const key = change.kind === 'put' ? change.resource.key : change.key;
  return key.includes('/providers/microsoft.containerregistry/registries/');
}

/** Makes new registries known where passwords are kept, and forgets the passwords of those that went. */
async function tellDirectory(
  services: RegistryServices,
  { before, view }: { readonly before: Snapshot; readonly view: StateView },
): Promise<void> {
  const { directory } = services;
  const registries = view.ofType(REGISTRY);
  const kept = new Set(registries.map(({ uid }) => uid));
  const known = [...before.registries.values()].map(({ settings }) => String(settings.uid));
  for (const uid of known) if (!kept.has(uid)) await directory.removeRegistry(uid);
  for (const registry of registries) if (!known.includes(registry.uid)) await adopt(services, registry);
}

function adopt({ directory, box, now }: RegistryServices, registry: StoredResource): Promise<void> {
  const { uid, name } = registry;
  return directory.adoptRegistry({ uid, name: name.toLowerCase(), nowMs: now(), ...toldPasswords(box, registry) });
}

function snapshotOf(services: RegistryServices, view: StateView): Snapshot {
  const registries = new Map<string, ServedRegistry>();
  for (const registry of view.ofType(REGISTRY)) {
    const served = serve(services, view, registry);
    registries.set(served.settings.loginServer, served);
  }
  const dataEndpoints = [...registries.values()].flatMap((one) =>
    one.dataHost === undefined ? [] : [[one.dataHost, one] as const],
  );
  return { registries, dataEndpoints: new Map(dataEndpoints) };
}

function serve({ config, state }: RegistryServices, view: StateView, registry: StoredResource): ServedRegistry {
  const name = registry.name.toLowerCase();
  const loginServer = loginHost(config, name);
  const declared = config.registries.find((one) => one.name === name);
  const {
    adminUserEnabled,
    anonymousPullEnabled,
    retentionPolicy: retention,
    softDeletePolicy: softDelete,
  } = settingsOf(registry);
  const [dataHost] = dataHosts(config, registry);
  const compiled = compileRegistryView({
    uid: registry.uid,
    name,
    loginServer,
    adminUserEnabled,
    anonymousPullEnabled,
    scopeMaps: scopeMapsOf(view, registry.key),
    tokens: tokensOf(view, registry.key),
    principalGrant: (objectId) => grantOf(state.view(), objectId, registry.key),
  });
  if (compiled.kind === 'refused') throw new StartRefusedError(compiled.message);
  const { maxBlobBytes } = config;
  const allowSparseManifests = declared?.allowSparseManifests ?? false;
  // The state makes uids; this is where one enters the store's vocabulary.
  const uid = registry.uid as RegistryUid;
  const deletion = { softDelete: softDelete.status === 'enabled' };
  const settings = { uid, name, loginServer, ...deletion, allowSparseManifests, maxBlobBytes };
  return {
    settings,
    view: compiled.view,
    announces: hasWebhooks(view, registry),
    retention,
    softDelete,
    ...(dataHost === undefined ? {} : { dataHost }),
  };
}

/** The scope maps people made; the system's are known to the compiler. */
function scopeMapsOf(
  view: StateView,
  registry: ResourceKey,
): readonly { readonly name: string; readonly actions: readonly string[] }[] {
  return view
    .ofType('microsoft.containerregistry/registries/scopemaps', registry)
    .filter(({ name }) => !name.startsWith('_'))
    .map(({ name, properties: { actions } }) => ({
      name,
      actions: Array.isArray(actions) ? actions.filter((action): action is string => typeof action === 'string') : [],
    }));
}

function tokensOf(view: StateView, registry: ResourceKey): Parameters<typeof compileRegistryView>[0]['tokens'] {
  return view.ofType('microsoft.containerregistry/registries/tokens', registry).map(({ name, properties }) => {
    const { scopeMapId, status } = properties;
    const scopeMap = typeof scopeMapId === 'string' ? scopeMapId.slice(scopeMapId.lastIndexOf('/') + 1) : '';
    return { name, scopeMap, status: status === 'disabled' ? 'disabled' : 'enabled' };
  });
}

/** What a principal's roles give in a registry's content (facts/acr.md §3.3, "Roles"). */
function grantOf(view: StateView, objectId: string, registry: ResourceKey): Grant {
  const has = (action: string): boolean => may(view, objectId, `${ACTION}/${action}`, registry);
  const [pull, push, remove] = [has('pull/read'), has('push/write'), has('artifacts/delete')];
  if (pull && push && remove) return EVERYTHING;
  if (!pull && !push && !remove) return NOTHING;
  const actions = new Set([
    ...(pull ? (['pull', 'metadata_read'] as const) : []),
    ...(push ? (['push', 'metadata_write'] as const) : []),
    ...(remove ? (['delete', 'metadata_read'] as const) : []),
  ]);
  return { repositories: [{ pattern: { kind: 'all' }, actions }], catalog: pull };
}
