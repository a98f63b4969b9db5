import Type from 'typebox';
import { type JsonObject, objectOf } from '../../../../azure/json.ts';
import type { StateView, StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { freePublicAddress } from '../address-pool.ts';
import { NETWORK_VERSIONS } from '../api-version.ts';
import { configurationWith } from '../subnet-user.ts';
import { TAGS_ONLY } from '../virtual-network/schema.ts';

const TYPE = 'Microsoft.Network/publicIPAddresses';
const CLOSED = { additionalProperties: false } as const;
const answered = (): ReturnType<typeof Type.Optional> => Type.Optional(Type.Unknown({ readOnly: true }));

/** Public addresses, each really taken from the prefix that the server has for them. */
export const PUBLIC_ADDRESS: ResourceType = {
  type: TYPE,
  apiVersions: NETWORK_VERSIONS,
  location: 'required',
  schema: Type.Object(
    {
      sku: Type.Optional(
        Type.Union([
          Type.Object(
            { name: Type.Optional(Type.Enum(['Basic', 'Standard'])), tier: Type.Optional(Type.Enum(['Regional'])) },
            CLOSED,
          ),
          Type.Null(),
        ]),
      ),
      zones: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])),
      properties: Type.Optional(
        Type.Object(
          {
            publicIPAllocationMethod: Type.Optional(
              Type.Union([Type.Enum(['Static', 'Dynamic', 'static', 'dynamic']), Type.Null()]),
            ),
            publicIPAddressVersion: Type.Optional(Type.Union([Type.Enum(['IPv4']), Type.Null()])),
            idleTimeoutInMinutes: Type.Optional(Type.Union([Type.Integer({ minimum: 4, maximum: 30 }), Type.Null()])),
            dnsSettings: Type.Optional(Type.Null()),
            ipTags: Type.Optional(Type.Union([Type.Array(Type.Unknown(), { maxItems: 0 }), Type.Null()])),
            deleteOption: Type.Optional(Type.Enum(['Delete', 'Detach'])),
            ddosSettings: answered(),
            ipAddress: answered(),
            ipConfiguration: answered(),
            resourceGuid: answered(),
            provisioningState: answered(),
          },
          CLOSED,
        ),
      ),
    },
    CLOSED,
  ),
  patchSchema: TAGS_ONLY,
  put,
  patch: (context, { existing, ...request }) => ({
    kind: 'written',
    resource: storedResource(
      context,
      { ...request, existing },
      { properties: existing.properties, envelope: existing.envelope },
    ),
  }),
  remove: ({ view }, address) => {
    const user = userOf(view, address);
    if (user === undefined) return { kind: 'removed' };
    const message = `Public IP address ${address.id} can not be deleted since it is still allocated to resource ${user}. In order to delete the public IP, disassociate/detach the Public IP address from the resource.`;
    return refused({ code: 'PublicIPAddressCannotBeDeleted', message });
  },
  project: (address, _, view) => {
    const { id, name, location, tags, etag, uid, properties, envelope } = address;
    const user = userOf(view, address);
    return {
      id,
      name,
      type: TYPE,
      etag: `W/${etag}`,
      location,
      tags,
      ...envelope,
      properties: {
        provisioningState: 'Succeeded',
        resourceGuid: uid,
        ...properties,
        ipTags: [],
        ...(user === undefined ? {} : { ipConfiguration: { id: user } }),
      },
    };
  },
};

function put(context: VerbContext, request: WriteRequest): WriteOutcome {
  const { body, existing } = request;
  const asked = objectOf(body['properties']);
  const kept = existing?.properties['ipAddress'];
  const ipAddress = typeof kept === 'string' ? kept : freePublicAddress(context.view, context.settings.publicPrefix);
  if (ipAddress === undefined)
    return refused({
      code: 'PublicIPCountLimitReached',
      message: `Cannot create more public IP addresses: every address of ${context.settings.publicPrefix} is taken (setting publicPrefix).`,
    });
  const sku = { name: 'Basic', tier: 'Regional', ...objectOf(body['sku']) };
  const method = asked['publicIPAllocationMethod'];
  const isStatic = sku.name === 'Standard' || (typeof method === 'string' && method.toLowerCase() === 'static');
  const properties: JsonObject = {
    ipAddress,
    publicIPAddressVersion: 'IPv4',
    publicIPAllocationMethod: isStatic ? 'Static' : 'Dynamic',
    idleTimeoutInMinutes: asked['idleTimeoutInMinutes'] ?? 4,
  };
  const zones = body['zones'];
  const envelope = { sku, ...(Array.isArray(zones) ? { zones } : {}) };
  return { kind: 'written', resource: storedResource(context, request, { properties, envelope }) };
}

/** The address configuration that has a public address. */
function userOf(view: StateView, { key }: StoredResource): string | undefined {
  return configurationWith(view, key)?.id;
}
