import Type from 'typebox';
import { type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import { keyOfId, parseResourceId, type ResourceKey } from '../../../../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../../../../state/port.ts';
import { indexed } from '../../../view-index.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { NETWORK_VERSIONS } from '../api-version.ts';
import { idIn } from '../reference.ts';
import { TAGS_ONLY } from '../virtual-network/schema.ts';
import { defaultRules } from './default-rule.ts';
import { projectRule, putRule, RULE_IN_GROUP, rulesOf } from './rule.ts';

const TYPE = 'Microsoft.Network/networkSecurityGroups';
const CLOSED = { additionalProperties: false } as const;
const answered = (): ReturnType<typeof Type.Optional> => Type.Optional(Type.Unknown({ readOnly: true }));
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
            securityRules: Type.Optional(Type.Union([Type.Array(RULE_IN_GROUP), Type.Null()])),
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
  put,
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
    const { id, name, location, tags, etag, uid } = group;
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
        securityRules: rulesOf(view, group).map(projectRule),
        defaultSecurityRules: defaultRules(id, etag),
        ...(of('networkinterfaces').length === 0 ? {} : { networkInterfaces: of('networkinterfaces') }),
        ...(of('subnets').length === 0 ? {} : { subnets: of('subnets') }),
      },
    };
  },
};

function put(context: VerbContext, request: WriteRequest): WriteOutcome {
  const { id, existing, apiVersion } = request;
  const before = existing === undefined ? [] : rulesOf(context.view, existing);
  const written: StoredResource[] = [];
  for (const [i, one] of listOf(objectOf(request.body['properties'])['securityRules']).entries()) {
    const { name, properties } = objectOf(one);
    const at = `properties.securityRules[${i}]`;
    const child = parseResourceId(`${id.id}/securityRules/${typeof name === 'string' ? name : ''}`);
    if (child === undefined || written.some(({ key }) => key === child.key))
      return refused({
        code: 'InvalidRequestContent',
        target: `${at}.name`,
        message: `The value ${JSON.stringify(name)} of '${at}.name' is not allowed: each rule has a name of its own.`,
      });
    const old = before.find(({ key }) => key === child.key);
    const rule = { id: child, apiVersion, body: { properties }, existing: old };
    const outcome = putRule(context, rule, { others: written, at: `${at}.properties` });
    if (outcome.kind === 'refused') return outcome;
    written.push(outcome.resource);
  }
  const gone = before.filter(({ key }) => !written.some((one) => one.key === key));
  const changes: Change[] = [
    ...gone.map(({ key }): Change => ({ kind: 'remove', key })),
    ...written.map((resource): Change => ({ kind: 'put', resource })),
  ];
  return { kind: 'written', resource: storedResource(context, request, { properties: {} }), also: changes };
}

/** The subnets and network interfaces that name a group. */
function usersOf(view: StateView, { key }: StoredResource): readonly string[] {
  return (indexed(view, usersByGroup).get(key) ?? []).map(({ id }) => id);
}

function usersByGroup(view: StateView): ReadonlyMap<ResourceKey, readonly StoredResource[]> {
  const users = ['microsoft.network/virtualnetworks/subnets', 'microsoft.network/networkinterfaces'].flatMap((type) =>
    view.ofType(type),
  );
  return Map.groupBy(users, ({ properties }) => keyOfId(idIn(properties['networkSecurityGroup']) ?? ''));
}
