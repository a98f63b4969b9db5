import { Resolver } from 'node:dns/promises';
import type { Answer, Question } from 'dns-packet';
import { connectionsOf } from '../arm/provider/microsoft.containerregistry/private-link.ts';
import { type Json, listOf, objectOf } from '../azure/json.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { Config } from '../config/config.ts';
import type { Resolve, Resolved } from '../lab/dns.ts';
import { OUTSIDE } from '../lab/inner-address.ts';
import { labAddresses } from '../lab/plan.ts';
import { SUBSTITUTED_NAMES } from '../outside/substitution.ts';
import type { StateView, StoredResource } from '../state/port.ts';

const ZONE = 'microsoft.network/privatednszones';
/** How long resolvers may keep what the lab says, in seconds: rules and endpoints change while somebody watches. */
const TTL_S = 10;

/** Names as one virtual network sees them (facts/acr.md §1.5): its private zones, the registries, and then the machine's own. */
export function resolverOf(config: Config, network: string, view: () => StateView): Resolve {
  const machine = new Resolver({ timeout: 2000, tries: 2 });
  const { registry: address } = labAddresses(config.publicPrefix);
  return async ({ name, type }: Question) => {
    const asked = { name: name.toLowerCase(), type };
    const known =
      inZones(view(), network, asked) ??
      ofRegistries(view(), { network, asked, config, address }) ??
      ofOutside(config, asked);
    return known ?? fromMachine(machine, asked);
  };
}

type Asked = Pick<Question, 'name' | 'type'>;

/** The answer of the private zone that a name lies in: what it does not have is nowhere. */
function inZones(view: StateView, network: string, { name, type }: Asked): Resolved | undefined {
  const zones = view
    .ofType(ZONE)
    .filter((zone) => name === zone.name.toLowerCase() || name.endsWith(`.${zone.name.toLowerCase()}`))
    .filter((zone) => isLinked(view, zone, network))
    .toSorted((a, b) => b.name.length - a.name.length);
  const [zone] = zones;
  if (zone === undefined) return undefined;
  const label = name === zone.name.toLowerCase() ? '@' : name.slice(0, -zone.name.length - 1);
  const sets = ['A', 'AAAA', 'CNAME', 'TXT'].flatMap((kind) => view.get(keyOfId(`${zone.id}/${kind}/${label}`)) ?? []);
  if (sets.length === 0) return { kind: 'unknown' };
  return {
    kind: 'records',
    records: sets.flatMap((set) => recordsOf(set, name)).filter((one) => one.type === type || one.type === 'CNAME'),
  };
}

function isLinked(view: StateView, zone: StoredResource, network: string): boolean {
  return view
    .ofType(`${ZONE}/virtualnetworklinks`, zone.key)
    .some(({ properties }) => text(objectOf(properties['virtualNetwork'])['id']).toLowerCase() === network);
}

function recordsOf({ type, properties }: StoredResource, name: string): readonly Answer[] {
  const ttl = typeof properties['ttl'] === 'number' ? properties['ttl'] : TTL_S;
  switch (type) {
    case `${ZONE}/a`:
      return listOf(properties['aRecords']).map((one) => ({
        type: 'A',
        name,
        ttl,
        data: text(objectOf(one)['ipv4Address']),
      }));
    case `${ZONE}/aaaa`:
      return listOf(properties['aaaaRecords']).map((one) => ({
        type: 'AAAA',
        name,
        ttl,
        data: text(objectOf(one)['ipv6Address']),
      }));
    case `${ZONE}/cname`:
      return [{ type: 'CNAME', name, ttl, data: text(objectOf(properties['cnameRecord'])['cname']) }];
    case `${ZONE}/txt`:
      return listOf(properties['txtRecords']).map((one) => ({
        type: 'TXT',
        name,
        ttl,
        data: listOf(objectOf(one)['value']).map(text),
      }));
    default:
      return [];
  }
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

interface OfRegistries {
  readonly network: string;
  readonly asked: Asked;
  readonly config: Config;
  readonly address: string;
}

/** A registry with private endpoints is an alias for its private name, which is the public address where no zone says otherwise. */
function ofRegistries(view: StateView, { network, asked, config, address }: OfRegistries): Resolved | undefined {
  const { name, type } = asked;
  const suffix = `.${config.registrySuffix}`;
  if (!name.endsWith(suffix)) return undefined;
  const label = name.slice(0, -suffix.length);
  const isPrivate = label.endsWith('.privatelink');
  const [registryName] = (isPrivate ? label.slice(0, -'.privatelink'.length) : label).split('.');
  const registry = view
    .ofType('microsoft.containerregistry/registries')
    .find((one) => one.name.toLowerCase() === registryName);
  if (registry === undefined) return { kind: 'unknown' };
  const here: readonly Answer[] = type === 'A' ? [{ type: 'A', name, ttl: TTL_S, data: address }] : [];
  if (isPrivate || connectionsOf(view, registry).length === 0) return { kind: 'records', records: here };
  const alias = `${label}.privatelink${suffix}`;
  const further =
    inZones(view, network, { name: alias, type }) ??
    ofRegistries(view, { network, asked: { name: alias, type }, config, address });
  const records = further?.kind === 'records' ? further.records : [];
  return { kind: 'records', records: [{ type: 'CNAME', name, ttl: TTL_S, data: alias }, ...records] };
}

/** Names that the lab stands in for, where it may. */
function ofOutside({ substitutions }: Config, { name, type }: Asked): Resolved | undefined {
  if (!substitutions || !SUBSTITUTED_NAMES.has(name)) return undefined;
  return { kind: 'records', records: type === 'A' ? [{ type: 'A', name, ttl: TTL_S, data: OUTSIDE }] : [] };
}

/** What the machine's own resolver says; addresses alone. */
async function fromMachine(machine: Resolver, { name, type }: Asked): Promise<Resolved> {
  if (type !== 'A' && type !== 'AAAA') return { kind: 'records', records: [] };
  try {
    const found = type === 'A' ? await machine.resolve4(name) : await machine.resolve6(name);
    return { kind: 'records', records: found.map((data) => ({ type, name, ttl: TTL_S, data })) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENODATA') return { kind: 'records', records: [] };
    return { kind: code === 'ENOTFOUND' ? 'unknown' : 'failed' };
  }
}
