import type { ArmError } from '../../../../azure/error.ts';
import type { Json, JsonObject } from '../../../../azure/json.ts';
import { keyOfId } from '../../../../azure/resource-id.ts';
import type { VerbContext } from '../../../verb.ts';
import { ipRuleRefusal } from './ip-rule.ts';
import type { IpRule, NetworkRuleSet, SubnetRule } from './settings.ts';
import { bindRule } from './subnet-rule.ts';

const AT = 'properties.networkRuleSet';
/** How many rules of each kind there may be (facts/acr.md §1.2; profile `open`: ours). */
const LIMITS = { azure: { ip: 200, subnet: 100 }, open: { ip: 10_000, subnet: 10_000 } } as const;

/** How many rules of each kind a registry may have. */
export function ruleLimits(profile: 'azure' | 'open'): { readonly ip: number; readonly subnet: number } {
  return LIMITS[profile];
}

/** The outcome of reading a rule set. */
export type ReadRuleSet =
  | { readonly kind: 'read'; readonly rules: NetworkRuleSet }
  | { readonly kind: 'refused'; readonly error: ArmError };

/** Merges what a request says of the rules into those there are: an array that is given replaces the one before. */
export function mergeRuleSet(context: VerbContext, before: NetworkRuleSet, asked: JsonObject): ReadRuleSet {
  const subnets = readSubnetRules(context, before.virtualNetworkRules, asked['virtualNetworkRules']);
  if ('error' in subnets) return { kind: 'refused', error: subnets.error };
  const ips = readIpRules(context, before.ipRules, asked['ipRules']);
  if ('error' in ips) return { kind: 'refused', error: ips.error };
  const action = asked['defaultAction'];
  const defaultAction = action === 'Allow' || action === 'Deny' ? action : before.defaultAction;
  return { kind: 'read', rules: { defaultAction, virtualNetworkRules: subnets.rules, ipRules: ips.rules } };
}

type Rules<R> = { readonly rules: readonly R[] } | { readonly error: ArmError };

function readSubnetRules(
  context: VerbContext,
  before: readonly SubnetRule[],
  asked: Json | undefined,
): Rules<SubnetRule> {
  if (!isArray(asked)) return { rules: before };
  const kept = new Map(before.map((rule) => [keyOfId(rule.id), rule]));
  const seen = new Set<string>();
  const rules: SubnetRule[] = [];
  for (const [i, one] of asked.entries()) {
    const at = `${AT}.virtualNetworkRules[${i}]`;
    const id = subnetId(one, at);
    if (typeof id !== 'string') return { error: id };
    const key = keyOfId(id);
    if (seen.has(key)) return { error: duplicate(`${at}.id`, id) };
    seen.add(key);
    const old = kept.get(key);
    // Somebody else's rule that stands for nothing any more must not keep a person from adding one.
    if (old !== undefined && !context.settings.revalidateAllRules) {
      rules.push(old);
      continue;
    }
    const bound = bindRule(context, id, `${at}.id`);
    if (bound.kind === 'refused') return { error: bound.error };
    // A rule stays that of the subnet it was made for: a namesake of it is another.
    rules.push(old ?? bound.rule);
  }
  return { rules };
}

/** The id in either spelling (facts/acr.md §1.1, "Newer naming"); both have to agree. */
function subnetId(rule: Json, at: string): string | ArmError {
  const { id, virtualNetworkSubnetResourceId: long } = isObject(rule) ? rule : {};
  if (typeof id === 'string' && typeof long === 'string' && keyOfId(id) !== keyOfId(long))
    return {
      code: 'InvalidRequestContent',
      target: at,
      message: `'${at}' names two subnets: id is '${id}', virtualNetworkSubnetResourceId is '${long}'. Leave one out.`,
    };
  if (typeof id === 'string') return id;
  if (typeof long === 'string') return long;
  return {
    code: 'InvalidRequestContent',
    target: `${at}.id`,
    message: `'${at}.id' is required and absent: the id of a subnet.`,
  };
}

function readIpRules({ settings }: VerbContext, before: readonly IpRule[], asked: Json | undefined): Rules<IpRule> {
  if (!isArray(asked)) return { rules: before };
  const kept = new Set(before.map(({ value }) => value));
  const rules: IpRule[] = [];
  for (const [i, one] of asked.entries()) {
    const at = `${AT}.ipRules[${i}].value`;
    const value = isObject(one) && typeof one['value'] === 'string' ? one['value'] : '';
    if (rules.some((rule) => rule.value === value)) return { error: duplicate(at, value) };
    const error = kept.has(value) ? undefined : ipRuleRefusal(value, at, settings.profile);
    if (error !== undefined) return { error };
    rules.push({ value, action: 'Allow' });
  }
  return { rules };
}

function duplicate(target: string, value: string): ArmError {
  return {
    code: 'InvalidRequestContent',
    target,
    message: `The value '${value}' of '${target}' is there twice: name it once.`,
  };
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
