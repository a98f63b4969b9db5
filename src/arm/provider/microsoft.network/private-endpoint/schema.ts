import Type, { type TSchema } from 'typebox';

const CLOSED = { additionalProperties: false } as const;
const opt = Type.Optional<TSchema>;
const answered = (): TSchema => opt(Type.Unknown({ readOnly: true }));
const none = (): TSchema => opt(Type.Union([Type.Array(Type.Unknown(), { maxItems: 0 }), Type.Null()]));

const CONNECTION = Type.Object(
  {
    name: Type.String(),
    id: answered(),
    etag: answered(),
    type: answered(),
    properties: Type.Object(
      {
        privateLinkServiceId: Type.String(),
        groupIds: opt(Type.Array(Type.String())),
        requestMessage: opt(Type.Union([Type.String({ maxLength: 140 }), Type.Null()])),
        privateLinkServiceConnectionState: answered(),
        provisioningState: answered(),
      },
      CLOSED,
    ),
  },
  CLOSED,
);
const connections = (): TSchema => opt(Type.Union([Type.Array(CONNECTION), Type.Null()]));

/** The body of a PUT of a private endpoint. */
export const PRIVATE_ENDPOINT_SCHEMA = Type.Object(
  {
    extendedLocation: opt(Type.Null()),
    properties: Type.Object(
      {
        subnet: Type.Object({ id: Type.String() }),
        privateLinkServiceConnections: connections(),
        manualPrivateLinkServiceConnections: connections(),
        customNetworkInterfaceName: opt(Type.Union([Type.String(), Type.Null()])),
        ipConfigurations: none(),
        applicationSecurityGroups: none(),
        customDnsConfigs: answered(),
        ipVersionType: opt(Type.Enum(['IPv4'])),
        networkInterfaces: answered(),
        resourceGuid: answered(),
        provisioningState: answered(),
      },
      CLOSED,
    ),
  },
  CLOSED,
);
