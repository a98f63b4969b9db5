import Type from 'typebox';
import { compileScopeMap, SYSTEM_SCOPE_MAPS } from '../../../../access/scope-map.ts';
import type { ArmError } from '../../../../azure/error.ts';
import { type ResourceId, parseResourceId } from '../../../../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { REGISTRY_VERSIONS } from '../api-version.ts';
import { objectAt } from '../registry/settings.ts';
import { withSystemData } from '../registry/project.ts';
import { quotaRefusal } from '../usage.ts';

const TYPE = 'Microsoft.ContainerRegistry/registries/scopeMaps';
const TOKEN = 'microsoft.containerregistry/registries/tokens';
const NAME = /^[a-zA-Z0-9-]{5,50}$/;
const PROPERTIES = {
  description: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Null()])),
  type: Type.Optional(Type.Unknown({ readOnly: true })),
  creationDate: Type.Optional(Type.Unknown({ readOnly: true })),
  provisioningState: Type.Optional(Type.Unknown({ readOnly: true })),
};
const ACTIONS = Type.Array(Type.String(), { maxItems: 500 });
const CLOSED = { additionalProperties: false } as const;

/** Scope maps: named sets of actions that tokens have (facts/acr.md §3.3). */
export const SCOPE_MAP: ResourceType = {
  type: TYPE,
  apiVersions: REGISTRY_VERSIONS,
  location: 'none',
  schema: Type.Object({ properties: Type.Object({ ...PROPERTIES, actions: ACTIONS }, CLOSED) }, CLOSED),
  patchSchema: Type.Object(
    { properties: Type.Optional(Type.Object({ ...PROPERTIES, actions: Type.Optional(ACTIONS) }, CLOSED)) },
    CLOSED,
  ),
  put: (context, request) => write(context, request, {}),
  patch: (context, request) => write(context, request, request.existing.properties),
  remove: ({ view }, resource, withParent) => {
    if (withParent) return { kind: 'removed' };
    const user = tokensOf(view, resource)[0];
    if (isSystem(resource.name)) return refused(systemRefusal(resource.name));
    if (user === undefined) return { kind: 'removed' };
    const message = `The scope map '${resource.name}' is used by the token '${user.name}': give the token another one first.`;
    return refused({ code: 'ScopeMapInUse', message });
  },
  project: (resource, apiVersion) => {
    const { id, name, properties, createdMs } = resource;
    const { actions, description } = properties;
    return {
      id,
      name,
      type: TYPE,
      properties: {
        description: description ?? '',
        type: isSystem(name) ? 'SystemDefined' : 'UserDefined',
        creationDate: new Date(createdMs).toISOString(),
        provisioningState: 'Succeeded',
        actions,
      },
      ...withSystemData(resource, apiVersion),
    };
  },
};

function isSystem(name: string): boolean {
  return SYSTEM_SCOPE_MAPS.has(name.toLowerCase());
}

function systemRefusal(name: string): ArmError {
  return {
    code: 'SystemScopeMapCannotBeChanged',
    message: `The scope map '${name}' is one of the system's, which cannot be changed or deleted.`,
  };
}

function write(context: VerbContext, request: WriteRequest, before: StoredResource['properties']): WriteOutcome {
  const quota = quotaRefusal(context, request, 'scopemaps');
  if (quota !== undefined) return refused(quota);
  const { id, body } = request;
  if (isSystem(id.name)) return refused(systemRefusal(id.name));
  if (!NAME.test(id.name))
    return refused({
      code: 'InvalidResourceName',
      target: 'name',
      message: `The name '${id.name}' of a scope map must have 5 to 50 letters, digits and '-'.`,
    });
  const asked = objectAt(body, 'properties');
  const actions = (Array.isArray(asked['actions']) ? asked['actions'] : before['actions']) ?? [];
  const texts = Array.isArray(actions) ? actions.filter((one): one is string => typeof one === 'string') : [];
  const compiled = compileScopeMap(texts);
  if (compiled.kind === 'malformed')
    return refused({
      code: 'InvalidRequestContent',
      target: 'properties.actions',
      message: `'properties.actions' is not allowed: ${compiled.message}`,
    });
  const description = asked['description'] ?? before['description'] ?? '';
  return {
    kind: 'written',
    resource: storedResource(context, request, { properties: { actions: texts, description } }),
  };
}

/** The tokens that have a scope map. */
function tokensOf(view: StateView, { key }: StoredResource): readonly StoredResource[] {
  const registry = parseResourceId(key)?.parent;
  return view.ofType(TOKEN, registry?.key).filter(({ properties }) => {
    const { scopeMapId } = properties;
    return typeof scopeMapId === 'string' && scopeMapId.toLowerCase() === key;
  });
}

/** The system's scope maps, which every registry has from its creation. */
export function systemScopeMaps(
  context: Pick<VerbContext, 'nowMs' | 'caller' | 'newUuid'>,
  registry: ResourceId,
): readonly Change[] {
  return [...SYSTEM_SCOPE_MAPS].flatMap(([name, actions]) => {
    const id = parseResourceId(`${registry.id}/scopeMaps/${name}`);
    if (id === undefined) return [];
    const resource = storedResource(context, { id, existing: undefined }, { properties: { actions, description: '' } });
    return [{ kind: 'put', resource } as const];
  });
}
