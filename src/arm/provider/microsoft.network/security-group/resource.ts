import Type from 'typebox';
import { type Json, type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import { keyOfId } from '../../../../azure/resource-id.ts';
import type { StateView, StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused } from '../../../verb.ts';
import { NETWORK_VERSIONS } from '../api-version.ts';
import { idIn } from '../reference.ts';
import { TAGS_ONLY } from '../virtual-network/schema.ts';
import { defaultRules } from './default-rule.ts';

const TYPE = 'Microsoft.Network/networkSecurityGroups';
const CLOSED = { additionalProperties: false } as const;
const text = (): ReturnType<typeof Type.Optional> => Type.Optional(Type.Union([Type.String(), Type.Null()]));
const texts = (): ReturnType<typeof Type.Optional> =>
  Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()]));
const answered = (): ReturnType<typeof Type.Optional> => Type.Optional(Type.Unknown({ readOnly: true }));
const RULE = Type.Object(
  {
    name: Type.String(),
    id: answered(),
    etag: answered(),
    type: answered(),
    properties: Type.Object(
      {
        description: text(),
        protocol: Type.Enum(['Tcp', 'Udp', 'Icmp', 'Esp', 'Ah', '*', 'TCP', 'UDP', 'tcp', 'udp']),
        sourcePortRange: text(),
        sourcePortRanges: texts(),
        destinationPortRange: text(),
        destinationPortRanges: texts(),
        sourceAddressPrefix: text(),
        sourceAddressPrefixes: texts(),
        destinationAddressPrefix: text(),
        destinationAddressPrefixes: texts(),
        access: Type.Enum(['Allow', 'Deny']),
        priority: Type.Integer({ minimum: 100, maximum: 4096 }),
        direction: Type.Enum(['Inbound', 'Outbound']),
        provisioningState: answered(),
      },
      CLOSED,
    ),
  },
  CLOSED,
);

/** Network security groups, with their rules. They are kept; packets meet them when hosts run. */
export const SECURITY_GROUP: ResourceType = {
  type: TYPE,
  apiVersions: NETWORK_VERSIONS,
  location: 'required',
  schema: Type.Object(
    {
      properties: Type.Optional(
        Type.Object(
          {
            securityRules: Type.Optional(Type.Union([Type.Array(RULE), Type.Null()])),
            flushConnection: Type.Optional(Type.Literal(false)),
            defaultSecurityRules: answered(),
            networkInterfaces: answered(),
            subnets: answered(),
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
  put: (context, request) => {
    const rules = listOf(objectOf(request.body['properties'])['securityRules']);
    const twin = rules.find((one, i) => rules.findIndex((other) => slot(other) === slot(one)) < i);
    if (twin !== undefined)
      return refused({
        code: 'SecurityRuleConflict',
        target: 'properties.securityRules',
        message: `Security rule ${JSON.stringify(objectOf(twin)['name'])} conflicts with another rule of the same priority and direction.`,
      });
    return { kind: 'written', resource: storedResource(context, request, { properties: { securityRules: rules } }) };
  },
  patch: (context, request) => ({
    kind: 'written',
    resource: storedResource(context, request, { properties: request.existing.properties }),
  }),
  remove: ({ view }, group) => {
    const [user] = usersOf(view, group);
    if (user === undefined) return { kind: 'removed' };
    return refused({
      code: 'InUseNetworkSecurityGroupCannotBeDeleted',
      message: `Network security group ${group.id} cannot be deleted because it is in use by the following resources: ${user}. In order to delete it, remove the association with the resource(s).`,
    });
  },
  project: (group, _, view) => {
    const { id, name, location, tags, etag, uid, properties } = group;
    const users = usersOf(view, group);
    const of = (type: string): readonly JsonObject[] =>
      users.filter((one) => one.toLowerCase().includes(`/${type}/`)).map((one) => ({ id: one }));
    return {
      id,
      name,
      type: TYPE,
      etag: `W/${etag}`,
      location,
      tags,
      properties: {
        provisioningState: 'Succeeded',
        resourceGuid: uid,
        securityRules: listOf(properties['securityRules']).map((one) => projectRule(id, etag, one)),
        defaultSecurityRules: defaultRules(id, etag),
        ...(of('networkinterfaces').length === 0 ? {} : { networkInterfaces: of('networkinterfaces') }),
        ...(of('subnets').length === 0 ? {} : { subnets: of('subnets') }),
      },
    };
  },
};

/** Two rules of one direction cannot have one priority. */
function slot(rule: Json): string {
  const { priority, direction } = objectOf(objectOf(rule)['properties']);
  return JSON.stringify([priority, direction]);
}

function projectRule(group: string, etag: string, rule: Json): JsonObject {
  const { name, properties } = objectOf(rule);
  const called = typeof name === 'string' ? name : '';
  const empty = {
    sourcePortRanges: [],
    destinationPortRanges: [],
    sourceAddressPrefixes: [],
    destinationAddressPrefixes: [],
  };
  return {
    id: `${group}/securityRules/${called}`,
    name: called,
    etag: `W/${etag}`,
    type: `${TYPE}/securityRules`,
    properties: { provisioningState: 'Succeeded', ...empty, ...objectOf(properties) },
  };
}

/** The subnets and network interfaces that name a group. */
function usersOf(view: StateView, { key }: StoredResource): readonly string[] {
  return ['microsoft.network/virtualnetworks/subnets', 'microsoft.network/networkinterfaces']
    .flatMap((type) => view.ofType(type))
    .filter(({ properties }) => keyOfId(idIn(properties['networkSecurityGroup']) ?? '') === key)
    .map(({ id }) => id);
}
