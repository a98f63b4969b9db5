import Type, { type Static } from 'typebox';
import { type ListFault, readList } from './list.ts';
import type { RegistryDeclaration } from './registry.ts';

/** Registry names: facts/acr.md §1, the rule of `checkNameAvailability`, lower case as the CLI asks for. */
const REGISTRY_NAME = '^[a-z0-9]{5,50}$';
const RESOURCE_NAME = '^[a-zA-Z0-9][a-zA-Z0-9_-]{3,48}[a-zA-Z0-9]$';
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
/** Actions of a scope map: facts/acr.md §3.3. The repository's name is that of distribution-spec, "Pulling manifests". */
const ACTION =
  `^repositories/(?:\\*|${COMPONENT}(?:/${COMPONENT})*(?:/\\*)?)` +
  '/(?:content/(?:read|write|delete)|metadata/(?:read|write))$';

const CLOSED = { additionalProperties: false } as const;

/** One entry of `scopeMaps`. */
export const SCOPE_MAP = Type.Object(
  {
    name: Type.String({ pattern: RESOURCE_NAME, description: '5 to 50 letters, digits, - and _' }),
    actions: Type.Array(
      Type.String({
        pattern: ACTION,
        description:
          'repositories/NAME/ (or repositories/*/, repositories/NAME/*/) followed by content/read, content/write, content/delete, metadata/read or metadata/write',
      }),
      {
        description:
          'each `repositories/NAME/` and `content/read`, `content/write`, `content/delete`, `metadata/read` or `metadata/write`',
      },
    ),
  },
  CLOSED,
);

/** One entry of `tokens`. */
export const TOKEN = Type.Object(
  {
    name: Type.String({ pattern: RESOURCE_NAME, description: '5 to 50 letters, digits, - and _' }),
    scopeMap: Type.String({ description: 'the name of a scope map of the same registry' }),
    status: Type.Optional(
      Type.Enum(['enabled', 'disabled'], { description: 'whether it may sign in', default: 'enabled' }),
    ),
  },
  CLOSED,
);

/** One entry of the setting `registries`; what is left out has the default of {@link withDefaults}. */
export const REGISTRY = Type.Object(
  {
    name: Type.String({ pattern: REGISTRY_NAME, description: '5 to 50 lower-case letters and digits' }),
    sku: Type.Optional(
      Type.Enum(['Basic', 'Standard', 'Premium'], { description: 'tier, as Azure names it', default: 'Premium' }),
    ),
    adminUserEnabled: Type.Optional(
      Type.Boolean({ description: 'whether the admin user, named like the registry, may sign in', default: false }),
    ),
    anonymousPullEnabled: Type.Optional(
      Type.Boolean({ description: 'whether anybody may pull without signing in', default: false }),
    ),
    allowSparseManifests: Type.Optional(
      Type.Boolean({ description: 'whether an index or image may name content that is not there', default: false }),
    ),
    scopeMaps: Type.Optional(Type.Array(SCOPE_MAP, { description: 'named sets of actions', default: [] })),
    tokens: Type.Optional(Type.Array(TOKEN, { description: 'users for one or a few repositories', default: [] })),
  },
  CLOSED,
);

const REGISTRIES = Type.Array(REGISTRY);

/** The outcome of reading the setting `registries`. */
export type ReadRegistries =
  | { readonly kind: 'registries'; readonly registries: readonly RegistryDeclaration[] }
  | { readonly kind: 'refused'; readonly faults: readonly ListFault[] };

/** Checks the shape of the setting `registries` and fills in defaults. */
export function readRegistries(raw: unknown): ReadRegistries {
  const read = readList(REGISTRIES, raw);
  if ('faults' in read) return { kind: 'refused', faults: read.faults };
  return { kind: 'registries', registries: read.values.map(withDefaults) };
}

function withDefaults(given: Static<typeof REGISTRY>): RegistryDeclaration {
  return {
    name: given.name,
    sku: given.sku ?? 'Premium',
    adminUserEnabled: given.adminUserEnabled ?? false,
    anonymousPullEnabled: given.anonymousPullEnabled ?? false,
    allowSparseManifests: given.allowSparseManifests ?? false,
    scopeMaps: given.scopeMaps ?? [],
    tokens: (given.tokens ?? []).map((token) => ({ ...token, status: token.status ?? 'enabled' })),
  };
}
