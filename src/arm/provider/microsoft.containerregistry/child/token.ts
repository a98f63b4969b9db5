import Type from 'typebox';
import { keyOfId, parseResourceId } from '../../../../azure/resource-id.ts';
import type { StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { REGISTRY_VERSIONS } from '../api-version.ts';
import { objectAt } from '../registry/settings.ts';
import { systemDataOf } from '../registry/project.ts';
import { quotaRefusal } from '../usage.ts';

const TYPE = 'Microsoft.ContainerRegistry/registries/tokens';
const SCOPE_MAP = 'microsoft.containerregistry/registries/scopemaps';
const NAME = /^[a-zA-Z0-9-]{5,50}$/;
const CLOSED = { additionalProperties: false } as const;
const STATUS = Type.Enum(['enabled', 'disabled']);
// Passwords are made by generateCredentials; those that a GET showed come back without their values.
const CREDENTIALS = Type.Optional(
  Type.Union([
    Type.Object(
      {
        certificates: Type.Optional(Type.Union([Type.Array(Type.Unknown(), { maxItems: 0 }), Type.Null()])),
        passwords: Type.Optional(Type.Unknown({ readOnly: true })),
      },
      CLOSED,
    ),
    Type.Null(),
  ]),
);
const COMMON = {
  credentials: CREDENTIALS,
  status: Type.Optional(STATUS),
  creationDate: Type.Optional(Type.Unknown({ readOnly: true })),
  provisioningState: Type.Optional(Type.Unknown({ readOnly: true })),
};

/** Tokens: logins of a registry with the actions of a scope map (facts/acr.md §3.3). */
export const TOKEN: ResourceType = {
  type: TYPE,
  apiVersions: REGISTRY_VERSIONS,
  location: 'none',
  schema: Type.Object({ properties: Type.Object({ ...COMMON, scopeMapId: Type.String() }, CLOSED) }, CLOSED),
  patchSchema: Type.Object(
    { properties: Type.Optional(Type.Object({ ...COMMON, scopeMapId: Type.Optional(Type.String()) }, CLOSED)) },
    CLOSED,
  ),
  put: (context, request) => write(context, request, {}),
  patch: (context, request) => write(context, request, request.existing.properties),
  project: (resource) => {
    const { id, name, properties, createdMs } = resource;
    const { scopeMapId, status } = properties;
    return {
      id,
      name,
      type: TYPE,
      properties: {
        creationDate: new Date(createdMs).toISOString(),
        provisioningState: 'Succeeded',
        scopeMapId,
        status,
        credentials: { certificates: [], passwords: [] },
      },
      systemData: systemDataOf(resource),
    };
  },
};

function write(context: VerbContext, request: WriteRequest, before: StoredResource['properties']): WriteOutcome {
  const quota = quotaRefusal(context, request, 'tokens');
  if (quota !== undefined) return refused(quota);
  const { id, body } = request;
  if (!NAME.test(id.name))
    return refused({
      code: 'InvalidResourceName',
      target: 'name',
      message: `The name '${id.name}' of a token must have 5 to 50 letters, digits and '-'.`,
    });
  const asked = objectAt(body, 'properties');
  const scopeMapId = asked['scopeMapId'] ?? before['scopeMapId'];
  const map = typeof scopeMapId === 'string' ? context.view.get(keyOfId(scopeMapId)) : undefined;
  const sameRegistry = map !== undefined && parseResourceId(map.id)?.parent?.key === id.parent?.key;
  if (map?.type !== SCOPE_MAP || !sameRegistry)
    return refused({
      code: 'InvalidRequestContent',
      target: 'properties.scopeMapId',
      message: `The value ${JSON.stringify(scopeMapId)} of 'properties.scopeMapId' is not the id of a scope map of this registry, such as ${id.parent?.id ?? ''}/scopeMaps/_repositories_pull.`,
    });
  const status = asked['status'] ?? before['status'] ?? 'enabled';
  return {
    kind: 'written',
    resource: storedResource(context, request, { properties: { scopeMapId: map.id, status } }),
  };
}
