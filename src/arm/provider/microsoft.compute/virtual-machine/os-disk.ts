import type { ArmError } from '../../../../azure/error.ts';
import { type JsonObject, objectOf } from '../../../../azure/json.ts';
import { keyOfId, parseResourceId } from '../../../../azure/resource-id.ts';
import type { Change, StoredResource } from '../../../../state/port.ts';
import { storedResource } from '../../../stored-resource.ts';
import type { VerbContext } from '../../../verb.ts';

/** The disk that a machine's system is on, as the machine keeps it. */
export interface OsDisk {
  readonly kept: JsonObject;
  readonly changes: readonly Change[];
}

/** Makes the disk of a new machine, or keeps that of one that is there. */
export function osDisk(
  context: VerbContext,
  machine: StoredResource,
  asked: JsonObject,
  before: JsonObject | undefined,
): OsDisk | ArmError {
  const deleteOption = capital(asked['deleteOption'], 'Detach');
  if (before !== undefined) return { kept: { ...before, deleteOption }, changes: [] };
  const given = asked['name'];
  const name = typeof given === 'string' ? given : `${machine.name}_OsDisk_1_${context.newUuid().replaceAll('-', '')}`;
  const group = machine.id.slice(0, machine.id.toLowerCase().indexOf('/providers/'));
  const id = parseResourceId(`${group}/providers/Microsoft.Compute/disks/${name}`);
  const target = 'properties.storageProfile.osDisk.name';
  if (id === undefined)
    return { code: 'InvalidParameter', target, message: `The value '${name}' of '${target}' is not a name.` };
  if (context.view.get(id.key) !== undefined)
    return {
      code: 'ConflictingUserInput',
      target,
      message: `Disk ${name} already exists in the resource group: choose another --os-disk-name.`,
    };
  const type = capital(objectOf(asked['managedDisk'])['storageAccountType'], 'Premium_LRS');
  const size = asked['diskSizeGB'] ?? asked['diskSizeGb'] ?? 30;
  const disk = storedResource(
    context,
    { id, existing: undefined },
    {
      ...(machine.location === undefined ? {} : { location: machine.location }),
      properties: { osType: 'Linux', creationData: { createOption: 'FromImage' }, diskSizeGB: size },
      envelope: { sku: { name: type, tier: 'Premium' }, attachedTo: { id: machine.id, uid: machine.uid } },
    },
  );
  const kept = {
    osType: 'Linux',
    name,
    createOption: 'FromImage',
    caching: capital(asked['caching'], 'ReadWrite'),
    managedDisk: { storageAccountType: type, id: id.id },
    diskSizeGB: size,
    deleteOption,
  };
  return { kept, changes: [{ kind: 'put', resource: disk }] };
}

/** What goes with a machine: the disk and the network interfaces that say so. */
export function deletedWith({ properties }: StoredResource): readonly Change[] {
  const disk = objectOf(objectOf(properties['storageProfile'])['osDisk']);
  const nics = objectOf(properties['networkProfile'])['networkInterfaces'];
  const ids = [
    ...(disk['deleteOption'] === 'Delete' ? [objectOf(disk['managedDisk'])['id']] : []),
    ...(Array.isArray(nics) ? nics : [])
      .map(objectOf)
      .filter((one) => objectOf(one['properties'])['deleteOption'] === 'Delete')
      .map(({ id }) => id),
  ];
  return ids.flatMap((id) => (typeof id === 'string' ? [{ kind: 'remove', key: keyOfId(id) }] : []));
}

/** A word of an enumeration as Azure shows it, whatever case it was sent in. */
export function capital(word: unknown, otherwise: string): string {
  return typeof word === 'string' ? word.charAt(0).toUpperCase() + word.slice(1) : otherwise;
}
