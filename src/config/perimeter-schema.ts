import Type, { type Static, type TString } from 'typebox';
import { type ListFault, readList } from './list.ts';
import type { Perimeter } from './perimeter.ts';

const CLOSED = { additionalProperties: false } as const;
const id = (what: string): TString => Type.String({ pattern: '^/subscriptions/', description: `the id of a ${what}` });

/** One entry of `networkListeners`. */
export const NETWORK_LISTENER = Type.Object(
  {
    listen: Type.String({ description: 'HOST:PORT on this machine' }),
    network: Type.Optional(id('virtual network, in which whoever connects here is')),
    privateEndpoint: Type.Optional(id('private endpoint, in place of a network')),
  },
  CLOSED,
);

/** One entry of `networkEgress`. */
export const NETWORK_EGRESS = Type.Object(
  {
    network: id('virtual network'),
    address: Type.String({ description: 'the public address of its subnets without service endpoint' }),
  },
  CLOSED,
);

/** One entry of `asserts`. */
export const PROXY_ASSERTION = Type.Object(
  {
    tlv: Type.String({
      pattern: '^(?:azure|aws|namespace|0x[0-9a-fA-F]{2})$',
      description: 'azure (0xEE), aws (0xEA), namespace (0x30) or a number such as 0xE1',
    }),
    value: Type.String({ description: 'what the field has: a link id, an endpoint id, a name' }),
    network: Type.Optional(id('virtual network')),
    subnet: Type.Optional(id('subnet')),
    privateEndpoint: Type.Optional(id('private endpoint')),
    trustedService: Type.Optional(Type.String({ description: 'the name of a trusted service' })),
  },
  CLOSED,
);

/** One entry of `proxies`. */
export const PROXY = Type.Object(
  {
    from: Type.String({ description: 'address or prefix of the proxy' }),
    internet: Type.Optional(Type.Boolean({ description: 'whether it brings clients of the internet', default: true })),
    asserts: Type.Optional(Type.Array(PROXY_ASSERTION, { description: 'what it may say of its clients', default: [] })),
  },
  CLOSED,
);

/** The lists of the perimeter by their settings. */
const PERIMETER_LISTS = {
  networkListeners: Type.Array(NETWORK_LISTENER),
  networkEgress: Type.Array(NETWORK_EGRESS),
  proxies: Type.Array(PROXY),
} as const;

/** Checks the shape of one list; what is left out has its default. */
export function readPerimeterList<K extends keyof Perimeter>(
  key: K,
  raw: unknown,
): { readonly values: Perimeter[K] } | { readonly faults: readonly ListFault[] } {
  const read = readList(PERIMETER_LISTS[key], raw);
  if ('faults' in read) return read;
  const values = key === 'proxies' ? withDefaults(read.values) : read.values;
  // The schema of each list has the shape of its setting, which the index loses.
  return { values: values as unknown as Perimeter[K] };
}

function withDefaults(values: unknown): Perimeter['proxies'] {
  // Checked against the schema just before.
  return (values as Static<typeof PERIMETER_LISTS.proxies>).map((one) => ({
    ...one,
    internet: one.internet ?? true,
    asserts: one.asserts ?? [],
  }));
}
