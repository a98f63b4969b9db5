import Type from 'typebox';
import { type JsonObject, objectOf } from '../../../../azure/json.ts';
import type { ApiVersions } from '../../../api-version.ts';
import type { StateView, StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused } from '../../../verb.ts';
import { isError, referred } from '../reference.ts';
import { TAGS_ONLY } from '../virtual-network/schema.ts';

const TYPE = 'Microsoft.Network/privateDnsZones';
const NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)+$/i;
const CLOSED = { additionalProperties: false } as const;

/** The versions of everything in private DNS. */
export const PRIVATE_DNS_VERSIONS: ApiVersions = {
  kind: 'range',
  from: '2018-09-01',
  shown: ['2024-06-01', '2020-06-01', '2018-09-01'],
};

/** Private DNS zones. */
export const PRIVATE_DNS_ZONE: ResourceType = {
  type: TYPE,
  apiVersions: PRIVATE_DNS_VERSIONS,
  location: 'required',
  schema: Type.Object({ properties: Type.Optional(Type.Unknown({ readOnly: true })) }, CLOSED),
  patchSchema: TAGS_ONLY,
  put: (context, request) =>
    NAME.test(request.id.name)
      ? { kind: 'written', resource: storedResource(context, request, { properties: {} }) }
      : refused({
          code: 'InvalidResourceName',
          target: 'name',
          message: `The name '${request.id.name}' of a private DNS zone must be a DNS name of at least two labels, such as privatelink.azurecr.io.`,
        }),
  patch: (context, request) => ({ kind: 'written', resource: storedResource(context, request, { properties: {} }) }),
  remove: ({ view }, zone, withParent) => {
    const links = linksOf(view, zone);
    if (withParent || links.length === 0) return { kind: 'removed' };
    return refused({
      code: 'CannotDeleteResource',
      message: `Can not delete private DNS zone '${zone.name}' before its virtual network links: ${links.map(({ name }) => name).join(', ')}.`,
    });
  },
  project: (zone, _, view) => {
    const { id, name, location, tags, etag } = zone;
    const links = linksOf(view, zone);
    return {
      id,
      name,
      type: TYPE.toLowerCase(),
      location,
      tags,
      etag,
      properties: {
        provisioningState: 'Succeeded',
        maxNumberOfRecordSets: 25_000,
        numberOfRecordSets: recordSetsOf(view, zone).length + 1,
        maxNumberOfVirtualNetworkLinks: 1000,
        numberOfVirtualNetworkLinks: links.length,
        maxNumberOfVirtualNetworkLinksWithRegistration: 100,
        numberOfVirtualNetworkLinksWithRegistration: links.filter(
          ({ properties }) => properties['registrationEnabled'] === true,
        ).length,
      },
    };
  },
};

function linksOf(view: StateView, zone: Pick<StoredResource, 'key'>): readonly StoredResource[] {
  return view.ofType('microsoft.network/privatednszones/virtualnetworklinks', zone.key);
}

/** The record sets of a zone that are kept; its SOA is not one of them. */
export function recordSetsOf(view: StateView, zone: Pick<StoredResource, 'key'>): readonly StoredResource[] {
  return view
    .below(zone.key)
    .filter(
      ({ type }) => type.startsWith('microsoft.network/privatednszones/') && !type.endsWith('/virtualnetworklinks'),
    );
}

/** Links of a zone to the virtual networks that resolve it. */
export const VIRTUAL_NETWORK_LINK: ResourceType = {
  type: `${TYPE}/virtualNetworkLinks`,
  apiVersions: PRIVATE_DNS_VERSIONS,
  location: 'required',
  schema: Type.Object(
    {
      properties: Type.Object(
        {
          virtualNetwork: Type.Object({ id: Type.String() }),
          registrationEnabled: Type.Optional(Type.Boolean()),
          resolutionPolicy: Type.Optional(Type.Enum(['Default'])),
          virtualNetworkLinkState: Type.Optional(Type.Unknown({ readOnly: true })),
          provisioningState: Type.Optional(Type.Unknown({ readOnly: true })),
        },
        CLOSED,
      ),
    },
    CLOSED,
  ),
  patchSchema: TAGS_ONLY,
  put: (context, request) => {
    const asked = objectOf(request.body['properties']);
    const network = referred(context.view, asked['virtualNetwork'], {
      type: 'microsoft.network/virtualnetworks',
      target: 'properties.virtualNetwork.id',
    });
    if (isError(network)) return refused(network);
    const properties: JsonObject = {
      virtualNetwork: { id: network.id },
      registrationEnabled: asked['registrationEnabled'] === true,
    };
    return { kind: 'written', resource: storedResource(context, request, { properties }) };
  },
  patch: (context, request) => ({
    kind: 'written',
    resource: storedResource(context, request, { properties: request.existing.properties }),
  }),
  project: ({ id, name, location, tags, etag, properties }) => ({
    id,
    name,
    type: `${TYPE}/virtualNetworkLinks`.toLowerCase(),
    location,
    tags,
    etag,
    properties: { provisioningState: 'Succeeded', ...properties, virtualNetworkLinkState: 'Completed' },
  }),
};
