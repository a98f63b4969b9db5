import Type, { type TSchema } from 'typebox';
import { type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import type { StoredResource } from '../../../../state/port.ts';
import { parseAddress } from '../../../../network/address.ts';
import type { ResourceAction, ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused } from '../../../verb.ts';
import { PRIVATE_DNS_VERSIONS, recordSetsOf } from './zone.ts';

const TYPE = 'Microsoft.Network/privateDnsZones';
const CLOSED = { additionalProperties: false } as const;
const answered = (): TSchema => Type.Optional(Type.Unknown({ readOnly: true }));

/** Each kind of record with the member that holds its records, and their shape. */
const KINDS: readonly (readonly [string, string, TSchema])[] = [
  ['A', 'aRecords', Type.Array(Type.Object({ ipv4Address: Type.String() }, CLOSED))],
  ['AAAA', 'aaaaRecords', Type.Array(Type.Object({ ipv6Address: Type.String() }, CLOSED))],
  ['CNAME', 'cnameRecord', Type.Object({ cname: Type.String() }, CLOSED)],
  ['TXT', 'txtRecords', Type.Array(Type.Object({ value: Type.Array(Type.String()) }, CLOSED))],
];

/** Record sets: A, AAAA, CNAME and TXT. */
export const RECORD_SETS: readonly ResourceType[] = KINDS.map(
  ([kind, member, shape]): ResourceType => ({
    type: `${TYPE}/${kind}`,
    apiVersions: PRIVATE_DNS_VERSIONS,
    location: 'none',
    schema: Type.Object(
      {
        properties: Type.Object(
          {
            ttl: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
            metadata: Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()])),
            [member]: Type.Optional(shape),
            fqdn: answered(),
            isAutoRegistered: answered(),
          },
          CLOSED,
        ),
      },
      CLOSED,
    ),
    put: (context, request) => {
      const asked = objectOf(request.body['properties']);
      const wrong = listOf(asked[member]).find((one) => isWrongAddress(objectOf(one)));
      if (wrong !== undefined)
        return refused({
          code: 'InvalidRequestContent',
          target: `properties.${member}`,
          message: `The value ${JSON.stringify(wrong)} of 'properties.${member}' is not an address.`,
        });
      const properties: JsonObject = {
        ttl: asked['ttl'] ?? 3600,
        metadata: asked['metadata'] ?? {},
        [member]: asked[member] ?? (kind === 'CNAME' ? {} : []),
      };
      return { kind: 'written', resource: storedResource(context, request, { properties }) };
    },
    project: (record) => projectRecord(record, `${TYPE}/${kind}`),
  }),
);

/** `GET …/ALL`: the record sets of a zone, of every kind. */
export const ALL_RECORDS: ResourceAction = {
  name: 'ALL',
  method: 'GET',
  permission: 'Microsoft.Network/privateDnsZones/all/read',
  run: ({ view }, { resource }) => {
    const value = recordSetsOf(view, resource).map((record) => {
      const kind = record.type.slice(record.type.lastIndexOf('/') + 1).toUpperCase();
      return projectRecord(record, `${TYPE}/${kind}`);
    });
    return { kind: 'answered', body: { value } };
  },
};

function isWrongAddress({ ipv4Address, ipv6Address }: JsonObject): boolean {
  const wrong = (text: unknown, family: 4 | 6): boolean =>
    typeof text === 'string' && parseAddress(text)?.family !== family;
  return wrong(ipv4Address, 4) || wrong(ipv6Address, 6);
}

function projectRecord({ id, name, etag, properties }: StoredResource, type: string): JsonObject {
  const zone = id.split('/').at(-3) ?? '';
  const { owner: _, ...shown } = properties;
  return {
    id,
    name,
    type,
    etag,
    properties: { fqdn: name === '@' ? `${zone}.` : `${name}.${zone}.`, isAutoRegistered: false, ...shown },
  };
}
