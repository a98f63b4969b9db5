import type { ArmError } from '../../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import type { StateView, StoredResource } from '../../../../state/port.ts';
import { interfaceUser } from '../../microsoft.network/interface/user.ts';
import { isError, referred } from '../../microsoft.network/reference.ts';
import { type Image, IMAGE_VERSION, imageNamed, IMAGES } from '../image.ts';
import { SIZES } from '../size.ts';

/** Why a machine cannot be of a size; `undefined` when it can. */
export function sizeRefusal({ vmSize }: JsonObject): ArmError | undefined {
  const name = typeof vmSize === 'string' ? vmSize.toLowerCase() : '';
  if (SIZES.some((size) => size.name.toLowerCase() === name)) return undefined;
  const known = SIZES.map((size) => size.name).join(', ');
  return {
    code: 'InvalidParameter',
    target: 'properties.hardwareProfile.vmSize',
    message: `The value ${JSON.stringify(vmSize)} of 'properties.hardwareProfile.vmSize' is not a size that is there: there are ${known}.`,
  };
}

/** The image that a machine is made of; one that is there keeps its own, which clients need not repeat. */
export function imageOf(asked: JsonObject, before: JsonObject): Image | ArmError {
  const isGiven = typeof asked['publisher'] === 'string';
  const reference = isGiven || before['publisher'] === undefined ? asked : before;
  const image = findImage(reference);
  const kept = before['publisher'] === undefined ? undefined : findImage(before);
  if (kept === undefined || 'code' in image || image === kept) return image;
  const target = 'imageReference';
  return { code: 'PropertyChangeNotAllowed', target, message: `Changing property '${target}' is not allowed.` };
}

function findImage(reference: JsonObject): Image | ArmError {
  const [publisher = '', offer = '', sku = '', version = ''] = ['publisher', 'offer', 'sku', 'version'].map((name) => {
    const value = reference[name];
    return typeof value === 'string' ? value : '';
  });
  const image = imageNamed(publisher, offer, sku);
  if (image !== undefined && (version.toLowerCase() === 'latest' || version === IMAGE_VERSION)) return image;
  const known = IMAGES.map((one) => `${one.publisher}:${one.offer}:${one.sku}:latest (${one.alias})`).join(', ');
  const message = `The platform image '${[publisher, offer, sku, version].join(':')}' is not available: there are ${known}.`;
  return { code: 'PlatformImageNotFound', target: 'properties.storageProfile.imageReference', message };
}

/** Why a machine cannot have its network interfaces: they must be there, in its region, and nobody else's. */
export function interfaceRefusal(
  view: StateView,
  profile: JsonObject,
  { machine, location }: { readonly machine: string; readonly location: Json | undefined },
): ArmError | undefined {
  const found: StoredResource[] = [];
  for (const [i, one] of listOf(profile['networkInterfaces']).map(objectOf).entries()) {
    const target = `properties.networkProfile.networkInterfaces[${i}].id`;
    const nic = referred(view, one, { type: 'microsoft.network/networkinterfaces', target });
    if (isError(nic)) return nic;
    const user = interfaceUser(view, nic);
    if (user !== undefined && user.id.toLowerCase() !== machine)
      return {
        code: 'NicInUse',
        target,
        message: `Network Interface ${nic.id} is used by existing resource ${user.id}.`,
      };
    if (nic.location !== location)
      return {
        code: 'InvalidParameter',
        target,
        message: `Network Interface ${nic.id} is in ${nic.location ?? 'no region'}, and the virtual machine in ${JSON.stringify(location)}: they must be in one region.`,
      };
    if (found.some(({ key }) => key === nic.key))
      return { code: 'InvalidParameter', target, message: `Network Interface ${nic.id} is there twice.` };
    found.push(nic);
  }
  return undefined;
}
