import type { Grant } from '../access/grant.ts';
import { compileScopeMap, SYSTEM_SCOPE_MAPS } from '../access/scope-map.ts';

/** What the identities of one registry depend on, as it was declared. */
export interface RegistryIdentity {
  /** Immutable; a registry made again under an old name has another. */
  readonly uid: string;
  readonly name: string;
  /** The bare host name that clients use, lower case: also the `service` of challenges and the audience of tokens. */
  readonly loginServer: string;
  readonly adminUserEnabled: boolean;
  readonly anonymousPullEnabled: boolean;
  readonly scopeMaps: readonly { readonly name: string; readonly actions: readonly string[] }[];
  readonly tokens: readonly { readonly name: string; readonly scopeMap: string; readonly status: TokenStatus }[];
  readonly principalGrant: PrincipalGrant;
}

/** What somebody signed in by the login authority may do in a registry, by its object id. */
export type PrincipalGrant = (objectId: string) => Grant;

type TokenStatus = 'enabled' | 'disabled';

/** A registry token with what its scope map grants. */
interface RegistryToken {
  readonly enabled: boolean;
  readonly grant: Grant;
}

/** One registry as requests are judged by it: compiled when its settings change, never per request. */
export interface RegistryView {
  readonly uid: string;
  readonly name: string;
  readonly loginServer: string;
  readonly adminUserEnabled: boolean;
  readonly anonymousPullEnabled: boolean;
  readonly tokens: ReadonlyMap<string, RegistryToken>;
  /** Asked anew for every request, so that a role that was taken away is gone at the next one. */
  readonly principalGrant: PrincipalGrant;
}

/** The outcome of compiling; nothing of a registry that is refused may be served. */
export type CompiledRegistryView =
  | { readonly kind: 'compiled'; readonly view: RegistryView }
  | { readonly kind: 'refused'; readonly message: string };

/** Compiles a registry's settings. Refuses a malformed scope map action, and a token whose scope map is not there. */
export function compileRegistryView(registry: RegistryIdentity): CompiledRegistryView {
  const grants = compileScopeMaps(registry);
  if (typeof grants === 'string') return { kind: 'refused', message: grants };
  const tokens = new Map<string, RegistryToken>();
  for (const { name, scopeMap, status } of registry.tokens) {
    const grant = grants.get(scopeMap);
    if (grant === undefined) return { kind: 'refused', message: noSuchMap(registry, name, scopeMap) };
    tokens.set(name, { grant, enabled: status === 'enabled' });
  }
  const { uid, name, adminUserEnabled, anonymousPullEnabled, principalGrant } = registry;
  const loginServer = registry.loginServer.toLowerCase();
  return {
    kind: 'compiled',
    view: { uid, name, loginServer, adminUserEnabled, anonymousPullEnabled, tokens, principalGrant },
  };
}

/** What each scope map grants, those of the system and the registry's own; a string says what is wrong. */
function compileScopeMaps(registry: RegistryIdentity): ReadonlyMap<string, Grant> | string {
  const grants = new Map<string, Grant>();
  const own = registry.scopeMaps.map(({ name, actions }) => [name, actions] as const);
  for (const [name, actions] of [...SYSTEM_SCOPE_MAPS, ...own]) {
    if (grants.has(name)) return `the registry ${registry.name} has more than one scope map ${name}`;
    const compiled = compileScopeMap(actions);
    if (compiled.kind === 'malformed') return `the registry ${registry.name}, scope map ${name}: ${compiled.message}`;
    grants.set(name, compiled.grant);
  }
  return grants;
}

function noSuchMap(registry: RegistryIdentity, token: string, scopeMap: string): string {
  const known = [...registry.scopeMaps.map((map) => map.name), ...SYSTEM_SCOPE_MAPS.keys()].join(', ');
  return `the token ${token} of the registry ${registry.name} uses the scope map ${scopeMap}; there are ${known}`;
}
