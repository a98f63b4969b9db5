import type { Json } from '../../../azure/json.ts';
import type { ArmRoute } from '../../resource-type.ts';
import { type ActionOutcome, refused } from '../../verb.ts';
import { REGIONS } from '../microsoft.resources/region.ts';
import { type Image, IMAGE_VERSION, IMAGES } from './image.ts';
import { SIZES, sizeJson, skuJson } from './size.ts';

const PROVIDER = '/subscriptions/{subscription}/providers/Microsoft.Compute';
const LOCATION = `${PROVIDER}/locations/{location}`;
const PUBLISHERS = `${LOCATION}/publishers`;
const OFFERS = `${PUBLISHERS}/{publisher}/artifacttypes/vmimage/offers`;
const SKUS = `${OFFERS}/{offer}/skus`;
const VERSIONS = `${SKUS}/{sku}/versions`;
const READ = 'Microsoft.Compute/locations';

type Asked = Parameters<ArmRoute['run']>[1];

/** What of the provider is no resource: sizes, and images level by level (facts/acr.md §4.6). */
export const COMPUTE_ROUTES: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: `${LOCATION}/vmSizes`,
    permission: `${READ}/vmSizes/read`,
    run: () => listed(SIZES.map(sizeJson)),
  },
  { method: 'GET', path: `${PROVIDER}/skus`, permission: 'Microsoft.Compute/skus/read', run: skus },
  { method: 'GET', path: `${LOCATION}/usages`, permission: `${READ}/usages/read`, run: () => listed([]) },
  level(PUBLISHERS, ({ publisher }) => publisher, []),
  level(OFFERS, ({ offer }) => offer, ['publisher']),
  level(SKUS, ({ sku }) => sku, ['publisher', 'offer']),
  level(VERSIONS, () => IMAGE_VERSION, ['publisher', 'offer', 'sku']),
  { method: 'GET', path: `${VERSIONS}/{version}`, permission: `${READ}/publishers/read`, run: version },
];

function listed(value: readonly Json[]): ActionOutcome {
  return { kind: 'answered', body: { value } };
}

/** The sizes in the region that `$filter=location eq '…'` names, or in all. */
function skus(_: unknown, { query }: Asked): ActionOutcome {
  const named = /location\s+eq\s+'([^']*)'/i.exec(query.get('$filter') ?? '')?.[1];
  const locations = named === undefined ? REGIONS.map(({ name }) => name) : [named];
  return listed(SIZES.map((size) => skuJson(size, locations)));
}

type Level = 'publisher' | 'offer' | 'sku';

/** The images that the levels in a path name. */
function imagesAt(parameters: Asked['parameters'], levels: readonly Level[]): readonly Image[] {
  return IMAGES.filter((image) =>
    levels.every((one) => image[one].toLowerCase() === (parameters[one] ?? '').toLowerCase()),
  );
}

/** A list of images: an array and no object around it, as Azure answers these alone. */
function level(path: string, nameOf: (image: Image) => string, levels: readonly Level[]): ArmRoute {
  return {
    method: 'GET',
    path,
    permission: `${READ}/publishers/read`,
    run: (_, asked) => {
      const images = imagesAt(asked.parameters, levels);
      if (images.length === 0) return notFound(asked);
      const names = [...new Set(images.map(nameOf))].toSorted((a, b) => (a < b ? -1 : Number(a > b)));
      const { location = '' } = asked.parameters;
      return { kind: 'answered', body: names.map((name) => ({ id: idOf(asked, levels, name), name, location })) };
    },
  };
}

const SEGMENTS: Readonly<Record<Level, string>> = {
  publisher: 'Publishers',
  offer: 'ArtifactTypes/VMImage/Offers',
  sku: 'Skus',
};
const ORDER = ['publisher', 'offer', 'sku'] as const;

function idOf({ parameters }: Asked, levels: readonly Level[], name: string): string {
  const { subscription = '', location = '' } = parameters;
  const above = levels.map((one) => `/${SEGMENTS[one]}/${parameters[one] ?? ''}`).join('');
  const next = ORDER[levels.length];
  const last = next === undefined ? 'Versions' : SEGMENTS[next];
  return `/Subscriptions/${subscription}/Providers/Microsoft.Compute/Locations/${location}${above}/${last}/${name}`;
}

function version(_: unknown, asked: Asked): ActionOutcome {
  const levels = ['publisher', 'offer', 'sku'] as const;
  const { version: name = '', location = '' } = asked.parameters;
  const [image] = imagesAt(asked.parameters, levels);
  if (image === undefined || (name !== IMAGE_VERSION && name.toLowerCase() !== 'latest')) return notFound(asked);
  const properties = {
    architecture: 'x64',
    hyperVGeneration: 'V2',
    osDiskImage: { operatingSystem: 'Linux' },
    dataDiskImages: [],
    automaticOSUpgradeProperties: { automaticOSUpgradeSupported: false },
    features: [],
  };
  return {
    kind: 'answered',
    body: { id: idOf(asked, levels, IMAGE_VERSION), name: IMAGE_VERSION, location, properties },
  };
}

function notFound({ parameters }: Asked): ActionOutcome {
  const asked = ['publisher', 'offer', 'sku', 'version'].flatMap((one) => parameters[one] ?? []).join(':');
  const known = IMAGES.map(({ alias, publisher, offer, sku }) => `${publisher}:${offer}:${sku} (${alias})`).join(', ');
  return refused({
    code: 'PlatformImageNotFound',
    message: `The image '${asked}' is not available: there are ${known}.`,
  });
}
