import Type from 'typebox';
import type { ResourceType } from '../../resource-type.ts';

const TYPE = 'Microsoft.ContainerInstance/containerGroups/containers';

/** Containers of a group: made and gone with it; what they printed is asked for by their names. */
export const CONTAINER: ResourceType = {
  type: TYPE,
  apiVersions: { kind: 'range', from: '2018-10-01', shown: ['2023-05-01'] },
  location: 'none',
  schema: Type.Object({}),
  project: ({ id, name, properties }) => ({ id, name, type: TYPE, properties }),
};
