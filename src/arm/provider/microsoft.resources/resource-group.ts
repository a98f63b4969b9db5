import Type from 'typebox';
import type { ArmError } from '../../../azure/error.ts';
import type { StoredResource } from '../../../state/port.ts';
import type { ResourceType } from '../../resource-type.ts';
import { storedResource } from '../../stored-resource.ts';
import { refused } from '../../verb.ts';

const NAME = /^[-\w.()]{1,90}$/u;
const PROPERTIES = Type.Object(
  { provisioningState: Type.Optional(Type.String({ readOnly: true })) },
  { additionalProperties: false },
);
const SCHEMA = Type.Object(
  { properties: Type.Optional(PROPERTIES), managedBy: Type.Optional(Type.String()) },
  { additionalProperties: false },
);

/** Resource groups: removing one removes all that is in it, in the order of what needs what. */
export const RESOURCE_GROUP: ResourceType = {
  type: 'Microsoft.Resources/resourceGroups',
  apiVersions: {
    kind: 'range',
    from: '2014-04-01',
    shown: ['2024-11-01', '2022-09-01', '2021-04-01', '2020-10-01', '2019-10-01', '2018-05-01'],
  },
  location: 'required',
  schema: SCHEMA,
  patchSchema: SCHEMA,
  put: (context, request) => {
    const wrong = nameRefusal(request.id.name);
    if (wrong !== undefined) return refused(wrong);
    return {
      kind: 'written',
      resource: storedResource(context, request, { properties: {}, envelope: managedBy(request.body) }),
    };
  },
  patch: (context, request) => ({
    kind: 'written',
    resource: storedResource(context, request, {
      properties: {},
      envelope: { ...request.existing.envelope, ...managedBy(request.body) },
    }),
  }),
  removedBy: 'remove',
  settle: (resource) => ({ ...resource, properties: {} }),
  project: projectResourceGroup,
};

function projectResourceGroup({
  id,
  name,
  location,
  tags,
  envelope,
  properties: { provisioningState = 'Succeeded' },
}: StoredResource): ReturnType<ResourceType['project']> {
  const type = 'Microsoft.Resources/resourceGroups';
  return { id, name, type, location, tags, ...envelope, properties: { provisioningState } };
}

function managedBy(body: Readonly<Record<string, unknown>>): { readonly managedBy?: string } {
  const { managedBy: by } = body;
  return typeof by === 'string' ? { managedBy: by } : {};
}

function nameRefusal(name: string): ArmError | undefined {
  if (NAME.test(name) && !name.endsWith('.')) return undefined;
  const message =
    `The provided resource group name '${name}' is not allowed: it must have 1 to 90 letters, digits, '-', '_', '.', '(' ` +
    "or ')' and not end in '.'.";
  return { code: 'InvalidResourceGroup', target: 'resourceGroupName', message };
}
