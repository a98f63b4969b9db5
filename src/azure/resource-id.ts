/** A resource id in lower case, as everything that compares ids uses it: Azure's are told apart without regard to case. */
export type ResourceKey = string & { readonly __resourceKey: true };

/** A parsed resource id. Its parts keep the case they were written in. */
export interface ResourceId {
  readonly id: string;
  readonly key: ResourceKey;
  /** `Microsoft.Network/virtualNetworks/subnets`; groups are `Microsoft.Resources/resourceGroups`, subscriptions `Microsoft.Resources/subscriptions`. */
  readonly type: string;
  /** The last name. */
  readonly name: string;
  readonly subscription: string | undefined;
  readonly group: string | undefined;
  /** What it is in: the parent resource, the group, the subscription, or for an extension resource what it extends. */
  readonly parent: ResourceId | undefined;
}

/** Whatever an id may be: a resource, a collection of resources, or an action on a resource. */
export type ArmPath =
  | { readonly kind: 'resource'; readonly id: ResourceId }
  /** `type` is the full type of the collection's members; `scope` is what they are in (undefined: the tenant). */
  | { readonly kind: 'collection'; readonly scope: ResourceId | undefined; readonly type: string };

/** The most segments of a path; the deepest resource there is has fewer than half as many. */
const MOST_SEGMENTS = 64;

const SEGMENT = /^[^/?#%\s][^/?#%]{0,259}$/;

/** The key of an id that is known to be well formed. */
export function keyOfId(id: string): ResourceKey {
  return id.toLowerCase() as ResourceKey;
}

/** Reads the id of one resource, group or subscription; `undefined` when it is malformed or names a collection. */
export function parseResourceId(text: string): ResourceId | undefined {
  const path = parseArmPath(text);
  return path?.kind === 'resource' ? path.id : undefined;
}

/**
 * Reads a path of the management API, decoded and without query: pairs of type and name, opened by `subscriptions`,
 * `resourceGroups` and any number of `providers/{namespace}`. An odd number of segments names a collection (or an
 * action: the router knows which). `undefined` when malformed.
 */
export function parseArmPath(path: string): ArmPath | undefined {
  const segments = path
    .replace(/^\//, '')
    .replace(/\/$/, '')
    .split('/', MOST_SEGMENTS + 1);
  if (segments.length > MOST_SEGMENTS) return undefined;
  if (!segments.every((segment) => SEGMENT.test(segment))) return undefined;
  let scope: ResourceId | undefined;
  let namespace: string | undefined;
  let types: string[] = [];
  for (let i = 0; i < segments.length; ) {
    const word = segments[i] ?? '';
    const next = segments[i + 1];
    if (word.toLowerCase() === 'providers' && next !== undefined && i + 2 < segments.length) {
      namespace = next;
      types = [];
      i += 2;
      continue;
    }
    const type = typeOf(word, namespace, types, scope);
    if (type === undefined) return undefined;
    if (next === undefined) return { kind: 'collection', scope, type };
    scope = extend(scope, { type, name: next, segments: segments.slice(0, i + 2) });
    types = namespace === undefined ? [] : [...types, word];
    i += 2;
  }
  return scope === undefined ? undefined : { kind: 'resource', id: scope };
}

function typeOf(
  word: string,
  namespace: string | undefined,
  types: readonly string[],
  scope: ResourceId | undefined,
): string | undefined {
  if (namespace !== undefined) return [namespace, ...types, word].join('/');
  const lower = word.toLowerCase();
  if (lower === 'subscriptions' && scope === undefined) return 'Microsoft.Resources/subscriptions';
  if (lower === 'resourcegroups' && scope?.type === 'Microsoft.Resources/subscriptions')
    return 'Microsoft.Resources/resourceGroups';
  if (lower === 'tenants' && scope === undefined) return 'Microsoft.Resources/tenants';
  return undefined;
}

function extend(
  parent: ResourceId | undefined,
  at: { type: string; name: string; segments: readonly string[] },
): ResourceId {
  const id = `/${at.segments.join('/')}`;
  const lower = at.type.toLowerCase();
  return {
    id,
    key: keyOfId(id),
    type: at.type,
    name: at.name,
    subscription: lower === 'microsoft.resources/subscriptions' ? at.name : parent?.subscription,
    group: lower === 'microsoft.resources/resourcegroups' ? at.name : parent?.group,
    parent,
  };
}
