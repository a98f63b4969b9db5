import { randomUUID } from 'node:crypto';
import { systemScopeMaps } from '../arm/provider/microsoft.containerregistry/child/scope-map.ts';
import { DEFAULTS, settingsOf, toProperties } from '../arm/provider/microsoft.containerregistry/registry/settings.ts';
import { storedResource } from '../arm/stored-resource.ts';
import type { JsonObject } from '../azure/json.ts';
import { parseResourceId, type ResourceId } from '../azure/resource-id.ts';
import type { Config } from '../config/config.ts';
import type { RegistryDeclaration } from '../config/registry.ts';
import type { Directory } from '../directory/port.ts';
import type { Change, State, StateView, StoredResource } from '../state/port.ts';

/** The resource group of the registries that configuration declares, and where they are said to be. */
const GROUP = 'seawall';
const LOCATION = 'westeurope';
const REGISTRY = 'microsoft.containerregistry/registries';
/** In the properties of what configuration declares, so that it goes when it is declared no more. */
const DECLARED = { declared: true } as const;

interface Writing {
  readonly nowMs: number;
  readonly caller: string;
  readonly newUuid: () => string;
}

/**
 * Makes the registries that configuration declares resources like any other, in the group `seawall`. At every start they
 * are as declared in what a declaration says; what it cannot say (network rules …) stays as it was set. One that is
 * declared no more goes from the state, and keeps its content for the day it is declared again.
 */
export async function ensureDeclared(
  { state, directory, config }: { readonly state: State; readonly directory: Directory; readonly config: Config },
  nowMs: number,
): Promise<void> {
  const uids = new Map<string, string>();
  for (const { name } of config.registries) uids.set(name, await directory.ensureRegistry(name, nowMs));
  const { subscriptionId } = directory.snapshot();
  const writing: Writing = { nowMs, caller: 'seawall', newUuid: randomUUID };
  await state.commit((view) => {
    const group = idOf(`/subscriptions/${subscriptionId}/resourceGroups/${GROUP}`);
    const changes = [
      ...(config.registries.length > 0 ? groupChanges(view, group, writing) : []),
      ...undeclared(view, config),
      ...config.registries.flatMap((declared) =>
        registryChanges(view, { group, declared, uid: uids.get(declared.name) ?? randomUUID() }, writing),
      ),
    ];
    return { value: undefined, changes };
  });
}

function groupChanges(view: StateView, id: ResourceId, writing: Writing): readonly Change[] {
  if (view.get(id.key) !== undefined) return [];
  return [put(storedResource(writing, { id, existing: undefined }, { properties: {}, location: LOCATION }))];
}

/** Removes what was declared before and is not now, with all below it. */
function undeclared(view: StateView, config: Config): readonly Change[] {
  const gone = view
    .ofType(REGISTRY)
    .filter(
      ({ name, properties }) => properties['declared'] === true && !config.registries.some((one) => one.name === name),
    );
  return gone.flatMap((registry) =>
    [registry, ...view.below(registry.key)].map(({ key }) => ({ kind: 'remove', key }) as const),
  );
}

interface Declared {
  readonly group: ResourceId;
  readonly declared: RegistryDeclaration;
  readonly uid: string;
}

function registryChanges(view: StateView, { group, declared, uid }: Declared, writing: Writing): readonly Change[] {
  const { name, sku, adminUserEnabled, anonymousPullEnabled } = declared;
  // One of that name in another group is the same host name: it is that registry which is declared.
  const existing = view.ofType(REGISTRY).find((one) => one.name.toLowerCase() === name);
  const id = idOf(existing?.id ?? `${group.id}/providers/Microsoft.ContainerRegistry/registries/${name}`);
  const before = existing === undefined ? DEFAULTS : settingsOf(existing);
  const properties = { ...toProperties({ ...before, tier: sku, adminUserEnabled, anonymousPullEnabled }), ...DECLARED };
  const envelope = { sku: { name: sku, tier: sku } };
  const written = storedResource(
    writing,
    { id, existing },
    { properties, envelope, location: existing?.location ?? LOCATION, tags: existing?.tags ?? {} },
  );
  const registry = existing === undefined ? { ...written, uid } : written;
  return [
    ...(existing !== undefined && isSame(existing, registry) ? [] : [put(registry)]),
    ...(existing === undefined ? systemScopeMaps(writing, id) : []),
    ...children(view, { id, declared }, writing),
  ];
}

function children(
  view: StateView,
  { id, declared }: { readonly id: ResourceId; readonly declared: RegistryDeclaration },
  writing: Writing,
): readonly Change[] {
  const below = `${id.id}/scopeMaps`;
  const wanted: readonly (readonly [string, JsonObject])[] = [
    ...declared.scopeMaps.map(({ name, actions }) => [`${below}/${name}`, { actions, description: '' }] as const),
    ...declared.tokens.map(
      ({ name, scopeMap, status }) =>
        [`${id.id}/tokens/${name}`, { scopeMapId: `${below}/${scopeMap}`, status }] as const,
    ),
  ];
  const keys = new Set(wanted.map(([child]) => child.toLowerCase()));
  const gone = view.below(id.key).filter(({ key, properties }) => properties['declared'] === true && !keys.has(key));
  return [
    ...gone.map(({ key }) => ({ kind: 'remove', key }) as const),
    ...wanted.flatMap(([child, properties]) => {
      const childId = idOf(child);
      const existing = view.get(childId.key);
      const written = storedResource(
        writing,
        { id: childId, existing },
        {
          properties: {
            ...properties,
            ...(childId.type.endsWith('/tokens') ? passwordsOf(existing) : {}),
            ...DECLARED,
          },
        },
      );
      return existing !== undefined && isSame(existing, written) ? [] : [put(written)];
    }),
  ];
}

function isSame(before: StoredResource, after: StoredResource): boolean {
  const what = ({ properties, envelope }: StoredResource): string => JSON.stringify([properties, envelope]);
  return what(before) === what(after);
}

function put(resource: StoredResource): Change {
  return { kind: 'put', resource };
}

function idOf(text: string): ResourceId {
  const id = parseResourceId(text);
  if (id === undefined) throw new TypeError(`${text} is not a resource id`);
  return id;
}

/** What the configuration does not say and the token has: which passwords were made for it. */
function passwordsOf(existing: StoredResource | undefined): JsonObject {
  if (existing === undefined) return { passwords: [] };
  const { passwords } = existing.properties;
  return passwords === undefined ? {} : { passwords };
}
