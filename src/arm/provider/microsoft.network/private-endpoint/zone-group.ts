import Type from 'typebox';
import type { ArmError } from '../../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import { keyOfId, parseResourceId } from '../../../../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { NETWORK_VERSIONS } from '../api-version.ts';
import { idIn, isError, referred } from '../reference.ts';
import { membersOf } from './member.ts';

const TYPE = 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups';
const CLOSED = { additionalProperties: false } as const;
const answered = (): ReturnType<typeof Type.Optional> => Type.Optional(Type.Unknown({ readOnly: true }));
/** The time that records are kept by resolvers, in seconds: what Azure gives those of private endpoints. */
const TTL_S = 10;

/** Zone groups: the names of a private endpoint, kept as records in private DNS zones (facts/acr.md §1.5). */
export const ZONE_GROUP: ResourceType = {
  type: TYPE,
  apiVersions: NETWORK_VERSIONS,
  location: 'none',
  schema: Type.Object(
    {
      properties: Type.Object(
        {
          privateDnsZoneConfigs: Type.Array(
            Type.Object(
              {
                name: Type.String(),
                properties: Type.Object({ privateDnsZoneId: Type.String(), recordSets: answered() }, CLOSED),
              },
              CLOSED,
            ),
          ),
          provisioningState: answered(),
        },
        CLOSED,
      ),
    },
    CLOSED,
  ),
  put,
  remove: ({ view }, group) => ({
    kind: 'removed',
    also: ownRecords(view, group).map(({ key }) => ({ kind: 'remove', key })),
  }),
  project: projectGroup,
};

function put(context: VerbContext, request: WriteRequest): WriteOutcome {
  const endpoint = request.id.parent === undefined ? undefined : context.view.get(request.id.parent.key);
  const before = request.existing === undefined ? [] : ownRecords(context.view, request.existing);
  const configs: JsonObject[] = [];
  const records: StoredResource[] = [];
  for (const [i, one] of listOf(objectOf(request.body['properties'])['privateDnsZoneConfigs']).entries()) {
    const { name, properties } = objectOf(one);
    const target = `properties.privateDnsZoneConfigs[${i}].properties.privateDnsZoneId`;
    const zone = referred(
      context.view,
      { id: objectOf(properties)['privateDnsZoneId'] ?? null },
      { type: 'microsoft.network/privatednszones', target },
    );
    if (isError(zone)) return refused(zone);
    configs.push({ name, privateDnsZoneId: zone.id });
    const written = recordsIn(context, request, { zone, endpoint });
    if ('code' in written) return refused(written);
    records.push(...written.records);
  }
  const gone = before.filter(({ key }) => !records.some((one) => one.key === key));
  const also: Change[] = [
    ...gone.map(({ key }) => ({ kind: 'remove', key }) as const),
    ...records.map((resource) => ({ kind: 'put', resource }) as const),
  ];
  return { kind: 'written', resource: storedResource(context, request, { properties: { configs } }), also };
}

interface Place {
  readonly zone: StoredResource;
  readonly endpoint: StoredResource | undefined;
}

/** The records of an endpoint in a zone; one of that name that somebody else made is not taken over. */
function recordsIn(
  context: VerbContext,
  { id }: WriteRequest,
  { zone, endpoint }: Place,
): { readonly records: readonly StoredResource[] } | ArmError {
  const records: StoredResource[] = [];
  for (const { name, address } of namesOf(context, endpoint)) {
    const recordId = parseResourceId(`${zone.id}/A/${name}`);
    if (recordId === undefined) continue;
    const existing = context.view.get(recordId.key);
    if (existing !== undefined && existing.properties['owner'] !== id.key)
      return {
        code: 'PrivateDnsRecordConflict',
        message: `The record '${name}' of the zone '${zone.name}' is there already, and not of this zone group: remove it first, az network private-dns record-set a delete --zone-name ${zone.name} --name ${name} --resource-group ${parseResourceId(zone.id)?.group ?? ''}`,
      };
    const properties = {
      ttl: TTL_S,
      metadata: { creator: 'created by private endpoint' },
      aRecords: [{ ipv4Address: address }],
      owner: id.key,
    };
    records.push(storedResource(context, { id: recordId, existing }, { properties }));
  }
  return { records };
}

/** The names of an endpoint's members with their addresses. */
function namesOf(
  { view, settings }: VerbContext,
  endpoint: StoredResource | undefined,
): readonly { readonly name: string; readonly address: string }[] {
  const registryId = objectOf(endpoint?.properties['connection'])['registry'];
  const registry = typeof registryId === 'string' ? view.get(keyOfId(registryId)) : undefined;
  const [nic] = listOf(endpoint?.properties['networkInterfaces']);
  const configurations = listOf(view.get(keyOfId(idIn(nic) ?? ''))?.properties['ipConfigurations']);
  if (registry === undefined) return [];
  return membersOf(registry, settings).flatMap(({ member, record }) => {
    const found = configurations
      .map((one) => objectOf(objectOf(one)['properties']))
      .find((one) => objectOf(one['privateLinkConnectionProperties'])['requiredMemberName'] === member);
    const address: Json | undefined = found?.['privateIPAddress'];
    return typeof address === 'string' ? [{ name: record, address }] : [];
  });
}

function ownRecords(view: StateView, { key }: Pick<StoredResource, 'key'>): readonly StoredResource[] {
  return view.ofType('microsoft.network/privatednszones/a').filter(({ properties }) => properties['owner'] === key);
}

function projectGroup(group: StoredResource, _: string, view: StateView): JsonObject {
  const { id, name, etag, properties } = group;
  const records = ownRecords(view, group);
  const configs = listOf(properties['configs']).map((one) => {
    const { name: config, privateDnsZoneId } = objectOf(one);
    const zone = typeof privateDnsZoneId === 'string' ? privateDnsZoneId : '';
    const own = records.filter(({ key }) => key.startsWith(`${keyOfId(zone)}/`));
    return {
      name: config,
      properties: {
        privateDnsZoneId,
        recordSets: own.map((record) => ({
          recordType: 'A',
          recordSetName: record.name,
          fqdn: `${record.name}.${zone.slice(zone.lastIndexOf('/') + 1)}`,
          ttl: TTL_S,
          provisioningState: 'Succeeded',
          ipAddresses: listOf(record.properties['aRecords']).map((each) => objectOf(each)['ipv4Address'] ?? ''),
        })),
      },
    };
  });
  return {
    id,
    name,
    type: TYPE,
    etag: `W/${etag}`,
    properties: { provisioningState: 'Succeeded', privateDnsZoneConfigs: configs },
  };
}
