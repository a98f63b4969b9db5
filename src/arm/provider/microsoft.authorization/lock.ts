import Type from 'typebox';
import type { ResourceType } from '../../resource-type.ts';
import { storedResource } from '../../stored-resource.ts';

/** Management locks, on any subscription, group or resource; `lockRefusal` is what makes them hold. */
export const LOCK: ResourceType = {
  type: 'Microsoft.Authorization/locks',
  apiVersions: { kind: 'range', from: '2015-01-01', shown: ['2020-05-01', '2017-04-01', '2016-09-01', '2015-01-01'] },
  location: 'none',
  extension: true,
  schema: Type.Object(
    {
      properties: Type.Object(
        {
          level: Type.Enum(['CanNotDelete', 'ReadOnly']),
          notes: Type.Optional(Type.Union([Type.String({ maxLength: 512 }), Type.Null()])),
          owners: Type.Optional(
            Type.Array(Type.Object({ applicationId: Type.String() }, { additionalProperties: false })),
          ),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  put: (context, request) => {
    const properties = Object.fromEntries(
      Object.entries(request.body['properties'] ?? {}).filter(([, value]) => value !== null && value !== undefined),
    );
    return { kind: 'written', resource: storedResource(context, request, { properties }) };
  },
  project: ({ id, name, properties }) => ({ id, name, type: 'Microsoft.Authorization/locks', properties }),
};
