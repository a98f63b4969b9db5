import type { JsonObject } from '../../../azure/json.ts';
import { parseResourceId } from '../../../azure/resource-id.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';
import { shownIdentity } from '../../managed-identity.ts';
import { may } from '../../authorise.ts';
import { resourceNotFound } from '../../engine.ts';
import { type Filter, readFilter } from '../../filter.ts';
import type { ProviderIndex } from '../../provider-index.ts';
import type { ArmRoute } from '../../resource-type.ts';
import { refused } from '../../verb.ts';

const FIELDS = ['resourceType', 'name', 'location', 'resourceGroup', 'tagName', 'tagValue', 'subscriptionId'];
const ALL: Filter = () => true;

/** The lists of every resource of a subscription or group (facts/acr.md §4: what az finds registries by). */
export function resourceListRoutes(index: () => ProviderIndex): readonly ArmRoute[] {
  const run: ArmRoute['run'] = (context, { parameters, query }) => {
    const { subscription = '', group } = parameters;
    const scope = parseResourceId(
      `/subscriptions/${subscription}${group === undefined ? '' : `/resourceGroups/${group}`}`,
    );
    if (scope === undefined || context.view.get(scope.key) === undefined)
      return refused(
        scope === undefined
          ? { code: 'SubscriptionNotFound', message: `The subscription '${subscription}' could not be found.` }
          : resourceNotFound(scope),
      );
    const text = query.get('$filter');
    const read = text === null ? { kind: 'filter' as const, filter: ALL } : readFilter(text, FIELDS);
    if (read.kind === 'refused') return read;
    const expand = (query.get('$expand') ?? '').split(',').map((word) => word.trim());
    const value = context.view
      .below(scope.key)
      .filter((resource) => isListed(index(), resource) && matches(read.filter, resource))
      .filter(({ key, type }) => may(context.view, context.caller, `${type}/read`, key))
      .map((resource) => projectListed(index(), context.view, { resource, expand }));
    return { kind: 'answered', body: { value } };
  };
  // Whoever may read some of them sees these: each is asked about by itself.
  return [
    { method: 'GET', path: '/subscriptions/{subscription}/resources', permission: undefined, run },
    {
      method: 'GET',
      path: '/subscriptions/{subscription}/resourceGroups/{group}/resources',
      permission: undefined,
      run,
    },
  ];
}

/** Azure lists resources that have a location, at the top and below others, and neither groups nor extensions. */
function isListed(index: ProviderIndex, { type, location, key }: StoredResource): boolean {
  const known = index.type(type);
  return known !== undefined && known.extension !== true && location !== undefined && key.includes('/providers/');
}

function matches(filter: Filter, resource: StoredResource): boolean {
  const tags = Object.entries(resource.tags);
  const read = (field: string, tag?: readonly [string, string]): string | undefined => {
    switch (field) {
      case 'resourcetype':
        return resource.type;
      case 'name':
        return resource.name;
      case 'location':
        return resource.location;
      case 'resourcegroup':
        return parseResourceId(resource.id)?.group;
      case 'subscriptionid':
        return parseResourceId(resource.id)?.subscription;
      case 'tagname':
        return tag?.[0];
      case 'tagvalue':
        return tag?.[1];
      default:
        return undefined;
    }
  };
  // Name and value have to be of one tag.
  return filter((field) => read(field)) || tags.some((tag) => filter((field) => read(field, tag)));
}

function projectListed(
  index: ProviderIndex,
  view: StateView,
  { resource, expand }: { readonly resource: StoredResource; readonly expand: readonly string[] },
): JsonObject {
  const { id, name, type, location, tags, envelope, createdMs, changedMs } = resource;
  const times = {
    ...(expand.includes('createdTime') ? { createdTime: new Date(createdMs).toISOString() } : {}),
    ...(expand.includes('changedTime') ? { changedTime: new Date(changedMs).toISOString() } : {}),
    ...(expand.includes('provisioningState') ? { provisioningState: 'Succeeded' } : {}),
  };
  return {
    id,
    name,
    type: index.type(type)?.type ?? type,
    location,
    tags,
    ...shownOf(envelope),
    ...shownIdentity(view, resource),
    ...times,
  };
}

/** What lists show of what stands at the top of a resource. */
function shownOf({ sku, kind, managedBy, plan, zones }: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries({ sku, kind, managedBy, plan, zones }).filter(([, value]) => value !== undefined),
  );
}
