import Type, { type TSchema } from 'typebox';
import { objectOf } from '../../../azure/json.ts';
import type { ResourceProvider, ResourceType } from '../../resource-type.ts';
import { storedResource } from '../../stored-resource.ts';
import { refused } from '../../verb.ts';

const TYPE = 'Microsoft.Insights/diagnosticSettings';
const CLOSED = { additionalProperties: false } as const;
const text = (): TSchema => Type.Optional(Type.Union([Type.String(), Type.Null()]));
const category = (): TSchema =>
  Type.Optional(
    Type.Array(
      Type.Object(
        {
          category: text(),
          categoryGroup: text(),
          enabled: Type.Boolean(),
          timeGrain: text(),
          retentionPolicy: Type.Optional(Type.Unknown()),
        },
        CLOSED,
      ),
    ),
  );
/** Where a setting may send to. */
const DESTINATIONS = [
  'workspaceId',
  'storageAccountId',
  'eventHubAuthorizationRuleId',
  'marketplacePartnerId',
  'serviceBusRuleId',
] as const;

/** Diagnostic settings, on any resource. They are kept and shown; nothing is sent to where they point. */
const DIAGNOSTIC_SETTING: ResourceType = {
  type: TYPE,
  apiVersions: { kind: 'range', from: '2016-09-01', shown: ['2021-05-01-preview', '2017-05-01-preview', '2016-09-01'] },
  location: 'none',
  extension: true,
  schema: Type.Object(
    {
      properties: Type.Object(
        {
          ...Object.fromEntries(DESTINATIONS.map((name) => [name, text()])),
          eventHubName: text(),
          logAnalyticsDestinationType: text(),
          logs: category(),
          metrics: category(),
        },
        CLOSED,
      ),
    },
    CLOSED,
  ),
  put: (context, request) => {
    const properties = objectOf(request.body['properties']);
    if (!DESTINATIONS.some((name) => typeof properties[name] === 'string'))
      return refused({
        code: 'BadRequest',
        target: 'properties',
        message: `A diagnostic setting needs at least one destination: ${DESTINATIONS.join(', ')}.`,
      });
    return { kind: 'written', resource: storedResource(context, request, { properties }) };
  },
  project: ({ id, name, properties }) => ({ id, name, type: TYPE, properties }),
};

/** Microsoft.Insights. */
export const INSIGHTS_PROVIDER: ResourceProvider = { namespace: 'Microsoft.Insights', types: [DIAGNOSTIC_SETTING] };
