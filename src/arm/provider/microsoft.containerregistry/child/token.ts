import Type from 'typebox';
import type { ArmError } from '../../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import { keyOfId, parseResourceId } from '../../../../azure/resource-id.ts';
import type { StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { REGISTRY_VERSIONS } from '../api-version.ts';
import { objectAt } from '../registry/settings.ts';
import { withSystemData } from '../registry/project.ts';
import { quotaRefusal } from '../usage.ts';

const TYPE = 'Microsoft.ContainerRegistry/registries/tokens';
const SCOPE_MAP = 'microsoft.containerregistry/registries/scopemaps';
const NAME = /^[a-zA-Z0-9-]{5,50}$/;
const CLOSED = { additionalProperties: false } as const;
const STATUS = Type.Enum(['enabled', 'disabled']);
// Passwords are made by generateCredentials; those that a GET showed come back, and those left out go.
const PASSWORD = Type.Object(
  {
    name: Type.Enum(['password1', 'password2']),
    creationTime: Type.Optional(Type.Unknown({ readOnly: true })),
    expiry: Type.Optional(Type.Unknown({ readOnly: true })),
    value: Type.Optional(Type.Null()),
  },
  CLOSED,
);
const CREDENTIALS = Type.Optional(
  Type.Union([
    Type.Object(
      {
        certificates: Type.Optional(Type.Union([Type.Array(Type.Unknown(), { maxItems: 0 }), Type.Null()])),
        passwords: Type.Optional(Type.Union([Type.Array(PASSWORD), Type.Null()])),
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
  put: (context, request) => write(context, request, keptPasswords(request.existing)),
  patch: (context, request) => write(context, request, request.existing.properties),
  project: (resource, apiVersion) => {
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
        credentials: { certificates: [], passwords: listOf(properties['passwords']) },
      },
      ...withSystemData(resource, apiVersion),
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
  const passwords = passwordsAfter(listOf(before['passwords']), objectAt(asked, 'credentials')['passwords']);
  if ('code' in passwords) return refused(passwords);
  const properties = { scopeMapId: map.id, status, passwords: passwords.kept };
  return { kind: 'written', resource: storedResource(context, request, { properties }) };
}

function keptPasswords(existing: StoredResource | undefined): JsonObject {
  return existing === undefined ? {} : { passwords: listOf(existing.properties['passwords']) };
}

/** The passwords that a request leaves: all where it names none. One that is not there cannot be written. */
function passwordsAfter(
  before: readonly Json[],
  asked: Json | undefined,
): { readonly kept: readonly Json[] } | ArmError {
  if (asked === undefined || asked === null) return { kept: before };
  const [had, named] = [before, listOf(asked)].map((list) => list.map((one) => objectOf(one)['name']));
  const strange = named?.find((name) => had?.includes(name) !== true);
  if (strange === undefined) return { kept: before.filter((one) => named?.includes(objectOf(one)['name'])) };
  const message = `The value ${JSON.stringify(strange)} in 'properties.credentials.passwords' is not a password of this token: passwords are made by generateCredentials (az acr token credential generate).`;
  return { code: 'InvalidRequestContent', target: 'properties.credentials.passwords', message };
}

/** A password of a token, as it is shown: when it was made, and when it ends. */
export interface ShownPassword {
  readonly name: 'password1' | 'password2';
  readonly creationTime: string;
  readonly expiry?: string;
}

/** A token that has these passwords, in place of those of their names. */
export function withPasswords(token: StoredResource, made: readonly ShownPassword[]): StoredResource {
  const others = listOf(token.properties['passwords']).filter(
    (one) => !made.some(({ name }) => name === objectOf(one)['name']),
  );
  const passwords = [...others, ...made.map((one) => ({ ...one }))].toSorted((a, b) =>
    JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
  );
  return { ...token, properties: { ...token.properties, passwords } };
}

/** The names of a token's passwords; `undefined` for one of an earlier release, of which they are not known here. */
export function passwordNames({ properties }: StoredResource): readonly string[] | undefined {
  const { passwords } = properties;
  if (passwords === undefined) return undefined;
  return listOf(passwords).flatMap((one) => {
    const { name } = objectOf(one);
    return typeof name === 'string' ? [name] : [];
  });
}
