import Type, { type TSchema } from 'typebox';
import type { ArmError } from '../../../../azure/error.ts';
import { type Json, type JsonObject, objectOf } from '../../../../azure/json.ts';
import type { StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { REGISTRY_VERSIONS } from '../api-version.ts';
import { withSystemData } from '../registry/project.ts';
import { quotaRefusal } from '../usage.ts';

const TYPE = 'Microsoft.ContainerRegistry/registries/webhooks';
const NAME = /^[a-zA-Z0-9]{5,50}$/;
const CLOSED = { additionalProperties: false } as const;
const optional = Type.Optional<TSchema>;
const ACTION = Type.Enum(['push', 'delete', 'quarantine', 'chart_push', 'chart_delete']);
const COMMON = {
  customHeaders: optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()])),
  status: optional(Type.Enum(['enabled', 'disabled'])),
  scope: optional(Type.Union([Type.String(), Type.Null()])),
  provisioningState: optional(Type.Unknown({ readOnly: true })),
};

/** Webhooks. Where they call and with which headers is secret: `getCallbackConfig` alone tells it. */
export const WEBHOOK: ResourceType = {
  type: TYPE,
  apiVersions: REGISTRY_VERSIONS,
  location: 'required',
  schema: Type.Object(
    {
      properties: Type.Object(
        { ...COMMON, serviceUri: Type.String(), actions: Type.Array(ACTION, { minItems: 1 }) },
        CLOSED,
      ),
    },
    CLOSED,
  ),
  patchSchema: Type.Object(
    {
      properties: optional(
        Type.Object(
          { ...COMMON, serviceUri: optional(Type.String()), actions: optional(Type.Array(ACTION, { minItems: 1 })) },
          CLOSED,
        ),
      ),
    },
    CLOSED,
  ),
  put: (context, request) => write(context, request, {}),
  patch: (context, request) => write(context, request, request.existing.properties),
  project: projectWebhook,
  actions: [
    {
      name: 'getCallbackConfig',
      method: 'POST',
      run: (_, { resource: { properties } }) => ({
        kind: 'answered',
        body: { serviceUri: properties['serviceUri'], customHeaders: properties['customHeaders'] ?? {} },
      }),
    },
  ],
};

function write(context: VerbContext, request: WriteRequest, before: JsonObject): WriteOutcome {
  const quota = quotaRefusal(context, request, 'webhooks');
  if (quota !== undefined) return refused(quota);
  const { id, body } = request;
  if (!NAME.test(id.name))
    return refused({
      code: 'InvalidResourceName',
      target: 'name',
      message: `The name '${id.name}' of a webhook must have 5 to 50 letters and digits.`,
    });
  const properties: JsonObject = {
    scope: '',
    status: 'enabled',
    customHeaders: {},
    ...before,
    ...objectOf(body['properties']),
  };
  const uri = properties['serviceUri'];
  if (typeof uri !== 'string' || !/^https?:\/\//i.test(uri) || !URL.canParse(uri))
    return refused({
      code: 'InvalidRequestContent',
      target: 'properties.serviceUri',
      message: `The value ${JSON.stringify(uri)} of 'properties.serviceUri' is not an http or https URL.`,
    });
  const header = headerRefusal(properties['customHeaders']);
  if (header !== undefined) return refused(header);
  const { provisioningState: _, ...kept } = properties;
  return { kind: 'written', resource: storedResource(context, request, { properties: kept }) };
}

/** Headers that are the sender's own business (RFC 9110 §7.6.1), or the message's. */
const OWN_HEADERS = /^(?:host|content-length|transfer-encoding|connection|upgrade|te|trailer|keep-alive|proxy-.*)$/i;

function headerRefusal(headers: Json | undefined): ArmError | undefined {
  for (const [name, value] of Object.entries(objectOf(headers))) {
    const target = `properties.customHeaders.${name}`;
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || OWN_HEADERS.test(name))
      return { code: 'InvalidRequestContent', target, message: `'${name}' cannot be a header of a webhook's request.` };
    if (typeof value !== 'string' || !/^[\t\x20-\x7e]*$/.test(value))
      return {
        code: 'InvalidRequestContent',
        target,
        message: `The value of the header '${name}' has characters that headers cannot have.`,
      };
  }
  return undefined;
}

function projectWebhook(webhook: StoredResource, apiVersion: string): JsonObject {
  const { id, name, location, tags, properties } = webhook;
  const { status, scope, actions } = properties;
  return {
    id,
    name,
    type: TYPE,
    location,
    tags,
    properties: { status, scope, actions, provisioningState: 'Succeeded' },
    ...withSystemData(webhook, apiVersion),
  };
}
