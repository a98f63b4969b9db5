import Type, { type TSchema } from 'typebox';

const CLOSED = { additionalProperties: false } as const;
const opt = Type.Optional<TSchema>;
const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const answered = (): TSchema => opt(Type.Unknown({ readOnly: true }));
const strings = (): TSchema => Type.Array(Type.String());
/** A reference to a resource that is not built: only its absence is taken. */
const unbuilt = (): TSchema => opt(Type.Null());
const reference = (): TSchema => opt(nullable(Type.Object({ id: Type.String(), ...ANSWERED_REFERENCE }, CLOSED)));
const ANSWERED_REFERENCE = { resourceGroup: opt(Type.Unknown({ readOnly: true })) };

const ENDPOINT = Type.Object(
  {
    service: Type.String(),
    locations: opt(nullable(strings())),
    provisioningState: answered(),
    networkIdentifier: unbuilt(),
  },
  CLOSED,
);
const DELEGATION = Type.Object(
  {
    name: opt(Type.String()),
    id: answered(),
    etag: answered(),
    type: answered(),
    properties: opt(
      Type.Object({ serviceName: opt(Type.String()), actions: answered(), provisioningState: answered() }, CLOSED),
    ),
  },
  CLOSED,
);

/** The properties of a subnet, alone or within its virtual network. */
const SUBNET_PROPERTIES = Type.Object(
  {
    addressPrefix: opt(nullable(Type.String())),
    addressPrefixes: opt(nullable(strings())),
    serviceEndpoints: opt(nullable(Type.Array(ENDPOINT))),
    delegations: opt(nullable(Type.Array(DELEGATION))),
    privateEndpointNetworkPolicies: opt(
      nullable(Type.Enum(['Enabled', 'Disabled', 'NetworkSecurityGroupEnabled', 'RouteTableEnabled'])),
    ),
    privateLinkServiceNetworkPolicies: opt(nullable(Type.Enum(['Enabled', 'Disabled']))),
    networkSecurityGroup: reference(),
    defaultOutboundAccess: opt(nullable(Type.Boolean())),
    routeTable: unbuilt(),
    natGateway: unbuilt(),
    serviceEndpointPolicies: opt(nullable(Type.Array(Type.Unknown(), { maxItems: 0 }))),
    ipAllocations: opt(nullable(Type.Array(Type.Unknown(), { maxItems: 0 }))),
    applicationGatewayIPConfigurations: opt(nullable(Type.Array(Type.Unknown(), { maxItems: 0 }))),
    sharingScope: unbuilt(),
    ipConfigurations: answered(),
    ipConfigurationProfiles: answered(),
    privateEndpoints: answered(),
    resourceNavigationLinks: answered(),
    serviceAssociationLinks: answered(),
    purpose: answered(),
    provisioningState: answered(),
  },
  CLOSED,
);

/** The body of a PUT of a subnet. */
export const SUBNET_SCHEMA = Type.Object({ properties: SUBNET_PROPERTIES, resourceGroup: answered() }, CLOSED);

const EMBEDDED_SUBNET = Type.Object(
  {
    name: Type.String(),
    id: opt(nullable(Type.String())),
    etag: answered(),
    type: answered(),
    properties: SUBNET_PROPERTIES,
  },
  CLOSED,
);

/** The body of a PUT of a virtual network. */
export const VIRTUAL_NETWORK_SCHEMA = Type.Object(
  {
    extendedLocation: unbuilt(),
    resourceGroup: answered(),
    properties: Type.Object(
      {
        addressSpace: Type.Object({ addressPrefixes: strings(), ipamPoolPrefixAllocations: unbuilt() }, CLOSED),
        subnets: opt(nullable(Type.Array(EMBEDDED_SUBNET))),
        dhcpOptions: opt(nullable(Type.Object({ dnsServers: opt(nullable(strings())) }, CLOSED))),
        virtualNetworkPeerings: answered(),
        enableDdosProtection: opt(nullable(Type.Literal(false))),
        enableVmProtection: opt(nullable(Type.Literal(false))),
        flowTimeoutInMinutes: opt(nullable(Type.Integer({ minimum: 4, maximum: 30 }))),
        privateEndpointVNetPolicies: opt(nullable(Type.Enum(['Disabled', 'Basic']))),
        ddosProtectionPlan: unbuilt(),
        bgpCommunities: unbuilt(),
        encryption: opt(
          nullable(Type.Object({ enabled: Type.Literal(false), enforcement: opt(Type.String()) }, CLOSED)),
        ),
        ipAllocations: opt(nullable(Type.Array(Type.Unknown(), { maxItems: 0 }))),
        defaultPublicNatGateway: answered(),
        flowLogs: answered(),
        resourceGuid: answered(),
        provisioningState: answered(),
      },
      CLOSED,
    ),
  },
  CLOSED,
);

/** The body of a PATCH: tags alone, which the engine keeps. */
export const TAGS_ONLY = Type.Object({}, CLOSED);
