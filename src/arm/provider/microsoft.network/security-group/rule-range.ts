import type { ArmError } from '../../../../azure/error.ts';
import { type JsonObject, listOf } from '../../../../azure/json.ts';
import { parseAddress } from '../../../../network/address.ts';
import { parsePrefix } from '../../../../network/prefix.ts';

const LAST_PORT = 65_535;
/** A service tag, perhaps of a region: `Internet`, `AzureContainerRegistry.WestEurope`. */
const TAG = /^[A-Z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*$/;

/** Why the ports or addresses of a security rule cannot be; `undefined` when they can. `at` is where the rule stands. */
export function rangeRefusal(rule: JsonObject, at: string): ArmError | undefined {
  for (const side of ['source', 'destination']) {
    const error =
      sideRefusal(rule, { one: `${side}PortRange`, many: `${side}PortRanges`, at }, isPortRange) ??
      sideRefusal(rule, { one: `${side}AddressPrefix`, many: `${side}AddressPrefixes`, at }, isAddressPrefix);
    if (error !== undefined) return error;
  }
  return undefined;
}

interface Names {
  readonly one: string;
  readonly many: string;
  readonly at: string;
}

function sideRefusal(
  rule: JsonObject,
  { one, many, at }: Names,
  isRight: (text: string) => boolean,
): ArmError | undefined {
  const single = rule[one];
  const texts = [...(typeof single === 'string' ? [single] : []), ...listOf(rule[many])].filter(
    (text) => typeof text === 'string',
  );
  const isPort = one.endsWith('PortRange');
  if (texts.length === 0)
    return {
      code: 'SecurityRuleParameterRequired',
      target: `${at}.${one}`,
      message: `Security rule parameter '${one}' is absent: give it, or '${many}'; '*' stands for any.`,
    };
  const wrong = texts.find((text) => !isRight(text));
  if (wrong === undefined) return undefined;
  const allowed = isPort
    ? "a port from 0 to 65535, a range such as 1000-2000, or '*'"
    : "an address, a prefix such as 10.0.0.0/24, a service tag such as VirtualNetwork, or '*'";
  return {
    code: isPort ? 'SecurityRuleInvalidPortRange' : 'SecurityRuleInvalidAddressPrefix',
    target: `${at}.${one}`,
    message: `Security rule has an invalid ${isPort ? 'port range' : 'address prefix'}. Value provided: ${wrong}. It must be ${allowed}.`,
  };
}

function isPortRange(text: string): boolean {
  if (text === '*') return true;
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return false;
  const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
  return from <= to && to <= LAST_PORT;
}

function isAddressPrefix(text: string): boolean {
  if (text === '*' || TAG.test(text)) return true;
  return parseAddress(text) !== undefined || parsePrefix(text).kind !== 'malformed';
}
