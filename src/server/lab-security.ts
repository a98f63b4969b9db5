import { defaultRules } from '../arm/provider/microsoft.network/security-group/default-rule.ts';
import { rulesOf } from '../arm/provider/microsoft.network/security-group/rule.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../azure/json.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { SecurityRule } from '../lab/plan.ts';
import type { StateView, StoredResource } from '../state/port.ts';

/** The rules of the security groups of a network interface and of its subnet, each group whole. */
export function securityGroupsOf(
  view: StateView,
  resources: readonly (StoredResource | undefined)[],
): readonly (readonly SecurityRule[])[] {
  return resources.flatMap((resource) => {
    const { id } = objectOf(resource?.properties['networkSecurityGroup']);
    const group = typeof id === 'string' ? view.get(keyOfId(id)) : undefined;
    if (group === undefined) return [];
    const own = rulesOf(view, group).map(({ properties }) => properties);
    const last = defaultRules(group.id, group.etag).map((rule) => objectOf(rule['properties']));
    return [[...own, ...last].map(ruleOf)];
  });
}

function ruleOf(properties: JsonObject): SecurityRule {
  const { direction, priority, access, protocol } = properties;
  return {
    direction: direction === 'Inbound' ? 'Inbound' : 'Outbound',
    priority: typeof priority === 'number' ? priority : 0,
    access: access === 'Allow' ? 'Allow' : 'Deny',
    protocol: typeof protocol === 'string' ? protocol.toLowerCase() : '*',
    sources: textsOf(properties, 'sourceAddressPrefix', 'sourceAddressPrefixes'),
    sourcePorts: textsOf(properties, 'sourcePortRange', 'sourcePortRanges'),
    destinations: textsOf(properties, 'destinationAddressPrefix', 'destinationAddressPrefixes'),
    destinationPorts: textsOf(properties, 'destinationPortRange', 'destinationPortRanges'),
  };
}

/** What a rule says in the member for one, or in that for several. */
function textsOf(properties: JsonObject, one: string, many: string): readonly string[] {
  const all: readonly (Json | undefined)[] = [...listOf(properties[many]), properties[one]];
  return all.filter((text): text is string => typeof text === 'string' && text !== '');
}
