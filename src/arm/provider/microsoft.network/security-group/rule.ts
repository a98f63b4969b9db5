import Type from 'typebox';
import type { ArmError } from '../../../../azure/error.ts';
import { type JsonObject, objectOf } from '../../../../azure/json.ts';
import type { StateView, StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { NETWORK_VERSIONS } from '../api-version.ts';
import { rangeRefusal } from './rule-range.ts';

const TYPE = 'Microsoft.Network/networkSecurityGroups/securityRules';
const CLOSED = { additionalProperties: false } as const;
const NAME = /^\w(?:[\w.-]{0,78}\w)?$/;
const text = (): ReturnType<typeof Type.Optional> => Type.Optional(Type.Union([Type.String(), Type.Null()]));
const texts = (): ReturnType<typeof Type.Optional> =>
  Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()]));
const answered = (): ReturnType<typeof Type.Optional> => Type.Optional(Type.Unknown({ readOnly: true }));
const PROPERTIES = Type.Object(
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
);

/** The shape of a rule within the body of its group. */
export const RULE_IN_GROUP = Type.Object(
  { name: Type.String(), id: answered(), etag: answered(), type: answered(), properties: PROPERTIES },
  CLOSED,
);

/** Rules of network security groups: resources of their own, which their group's JSON shows too. */
export const SECURITY_RULE: ResourceType = {
  type: TYPE,
  apiVersions: NETWORK_VERSIONS,
  location: 'none',
  schema: Type.Object({ properties: PROPERTIES }, CLOSED),
  put: (context, request) => {
    const group = request.id.parent;
    const others = group === undefined ? [] : rulesOf(context.view, group).filter(({ key }) => key !== request.id.key);
    return putRule(context, request, { others, at: 'properties' });
  },
  project: projectRule,
};

/** The rules of a group, in the order of direction and priority. */
export function rulesOf(view: StateView, group: Pick<StoredResource, 'key'>): readonly StoredResource[] {
  return view
    .ofType(TYPE.toLowerCase(), group.key)
    .toSorted((a, b) => placeOf(a).localeCompare(placeOf(b), 'en', { numeric: true }));
}

function placeOf({ properties }: StoredResource): string {
  return `${JSON.stringify(properties['direction'])} ${JSON.stringify(properties['priority'])}`;
}

/** Writes one rule whole. `others` are the group's other rules; `at` is where in the body this one stands. */
export function putRule(
  context: VerbContext,
  request: WriteRequest,
  { others, at }: { readonly others: readonly StoredResource[]; readonly at: string },
): WriteOutcome {
  const { provisioningState: _, ...properties } = objectOf(request.body['properties']);
  const error =
    nameRefusal(request.id.name) ?? rangeRefusal(properties, at) ?? twinRefusal(request, properties, others);
  if (error !== undefined) return refused(error);
  return { kind: 'written', resource: storedResource(context, request, { properties: withoutNull(properties) }) };
}

function withoutNull(properties: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
}

function nameRefusal(name: string): ArmError | undefined {
  if (NAME.test(name)) return undefined;
  const message = `Resource name ${name} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.`;
  return { code: 'InvalidResourceName', target: 'name', message };
}

/** Two rules of one direction cannot have one priority. */
function twinRefusal(
  { id }: WriteRequest,
  { direction, priority }: JsonObject,
  others: readonly StoredResource[],
): ArmError | undefined {
  const twin = others.find(({ properties: one }) => one['direction'] === direction && one['priority'] === priority);
  if (twin === undefined) return undefined;
  const message = `Security rule ${id.name} conflicts with rule ${twin.name}. Rules cannot have the same Priority and Direction.`;
  return { code: 'SecurityRuleConflict', target: 'properties.priority', message };
}

/** A rule as its own resource, and within its group, shows it. */
export function projectRule({ id, name, etag, properties }: StoredResource): JsonObject {
  const empty = {
    sourcePortRanges: [],
    destinationPortRanges: [],
    sourceAddressPrefixes: [],
    destinationAddressPrefixes: [],
  };
  return {
    id,
    name,
    etag: `W/${etag}`,
    type: TYPE,
    properties: { provisioningState: 'Succeeded', ...empty, ...properties },
  };
}
