import Type from 'typebox';
import { objectOf } from '../../../azure/json.ts';
import { keyOfId } from '../../../azure/resource-id.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';
import type { ResourceType } from '../../resource-type.ts';
import { refused } from '../../verb.ts';
import { COMPUTE_VERSIONS } from './api-version.ts';

const TYPE = 'Microsoft.Compute/disks';

/** Managed disks: made with the machine whose system they hold, and kept when it goes unless it says otherwise. */
export const DISK: ResourceType = {
  type: TYPE,
  apiVersions: COMPUTE_VERSIONS,
  location: 'required',
  schema: Type.Object({}),
  remove: ({ view }, disk, withParent) => {
    const owner = ownerOf(view, disk);
    if (owner === undefined || withParent) return { kind: 'removed' };
    const message = `Disk ${disk.name} is attached to VM ${owner.id}. Delete the virtual machine first.`;
    return refused({ code: 'OperationNotAllowed', message });
  },
  project: (disk, _, view) => {
    const { id, name, location, tags, properties, envelope, createdMs, uid } = disk;
    const owner = ownerOf(view, disk);
    return {
      id,
      name,
      type: TYPE,
      location,
      tags,
      sku: envelope['sku'],
      ...(owner === undefined ? {} : { managedBy: owner.id }),
      properties: {
        ...properties,
        uniqueId: uid,
        timeCreated: new Date(createdMs).toISOString(),
        diskState: owner === undefined ? 'Unattached' : 'Attached',
        provisioningState: 'Succeeded',
      },
    };
  },
};

/** The machine that a disk is attached to. */
function ownerOf(view: StateView, { envelope: { attachedTo } }: StoredResource): StoredResource | undefined {
  const { id, uid } = objectOf(attachedTo);
  const machine = typeof id === 'string' ? view.get(keyOfId(id)) : undefined;
  return machine?.uid === uid ? machine : undefined;
}
