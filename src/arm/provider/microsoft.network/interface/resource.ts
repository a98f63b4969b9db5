import Type from 'typebox';
import type { ArmError } from '../../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import { keyOfId } from '../../../../azure/resource-id.ts';
import type { StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { addressRefusal, freeAddress, usedAddresses } from '../address-pool.ts';
import { NETWORK_VERSIONS } from '../api-version.ts';
import { idIn, isError, referred } from '../reference.ts';
import { configurationWith, ipConfigurations } from '../subnet-user.ts';
import { TAGS_ONLY } from '../virtual-network/schema.ts';
import { interfaceUser } from './user.ts';

const TYPE = 'Microsoft.Network/networkInterfaces';
const CLOSED = { additionalProperties: false } as const;
const answered = (): ReturnType<typeof Type.Optional> => Type.Optional(Type.Unknown({ readOnly: true }));
const reference = (): ReturnType<typeof Type.Optional> =>
  Type.Optional(Type.Union([Type.Object({ id: Type.String() }), Type.Null()]));
const CONFIGURATION = Type.Object(
  {
    name: Type.String(),
    id: answered(),
    etag: answered(),
    type: answered(),
    properties: Type.Object(
      {
        subnet: Type.Object({ id: Type.String() }),
        privateIPAllocationMethod: Type.Optional(Type.Enum(['Dynamic', 'Static'])),
        privateIPAddress: Type.Optional(Type.Union([Type.String(), Type.Null()])),
        privateIPAddressVersion: Type.Optional(Type.Enum(['IPv4'])),
        publicIPAddress: reference(),
        primary: Type.Optional(Type.Boolean()),
        privateLinkConnectionProperties: answered(),
        applicationSecurityGroups: Type.Optional(
          Type.Union([Type.Array(Type.Unknown(), { maxItems: 0 }), Type.Null()]),
        ),
        loadBalancerBackendAddressPools: Type.Optional(
          Type.Union([Type.Array(Type.Unknown(), { maxItems: 0 }), Type.Null()]),
        ),
        provisioningState: answered(),
      },
      CLOSED,
    ),
  },
  CLOSED,
);

/** Network interfaces, with addresses really taken from their subnets. */
export const INTERFACE: ResourceType = {
  type: TYPE,
  apiVersions: NETWORK_VERSIONS,
  location: 'required',
  schema: Type.Object(
    {
      properties: Type.Object(
        {
          ipConfigurations: Type.Array(CONFIGURATION, { minItems: 1 }),
          networkSecurityGroup: reference(),
          enableAcceleratedNetworking: Type.Optional(Type.Boolean()),
          enableIPForwarding: Type.Optional(Type.Boolean()),
          disableTcpStateTracking: Type.Optional(Type.Boolean()),
          dnsSettings: Type.Optional(
            Type.Union([
              Type.Object(
                {
                  dnsServers: Type.Optional(Type.Array(Type.String())),
                  appliedDnsServers: answered(),
                  internalDomainNameSuffix: answered(),
                  internalDnsNameLabel: Type.Optional(Type.Null()),
                },
                CLOSED,
              ),
              Type.Null(),
            ]),
          ),
          nicType: answered(),
          auxiliaryMode: answered(),
          auxiliarySku: answered(),
          allowPort25Out: answered(),
          vnetEncryptionSupported: answered(),
          hostedWorkloads: answered(),
          tapConfigurations: answered(),
          macAddress: answered(),
          primary: answered(),
          virtualMachine: answered(),
          privateEndpoint: answered(),
          resourceGuid: answered(),
          provisioningState: answered(),
        },
        CLOSED,
      ),
    },
    CLOSED,
  ),
  patchSchema: TAGS_ONLY,
  put,
  patch: (context, { existing, ...request }) => ({
    kind: 'written',
    resource: storedResource(context, { ...request, existing }, { properties: existing.properties }),
  }),
  remove: ({ view }, nic, withParent) => {
    const user = interfaceUser(view, nic);
    if (user === undefined || (withParent && view.get(keyOfId(user.id)) === undefined)) return { kind: 'removed' };
    const message =
      user.kind === 'virtual-machine'
        ? `Nic(s) in request is used by existing resource(s): ${user.id}. Delete the virtual machine first.`
        : `Network interface ${nic.id} is owned by the private endpoint ${user.id}, with which it goes.`;
    return refused({ code: 'NicInUse', message });
  },
  project: (nic, _, view) => {
    const { id, name, location, tags, etag, uid, properties } = nic;
    const user = interfaceUser(view, nic);
    const { ipConfigurations: all, ...others } = properties;
    return {
      id,
      name,
      type: TYPE,
      etag: `W/${etag}`,
      location,
      tags,
      properties: {
        provisioningState: 'Succeeded',
        resourceGuid: uid,
        ipConfigurations: listOf(all).map((one) => projectConfiguration(nic, one)),
        dnsSettings: { dnsServers: [], appliedDnsServers: [] },
        enableAcceleratedNetworking: false,
        enableIPForwarding: false,
        hostedWorkloads: [],
        tapConfigurations: [],
        nicType: 'Standard',
        ...others,
        ...(user?.kind === 'virtual-machine' ? { virtualMachine: { id: user.id }, primary: true } : {}),
        ...(user?.kind === 'private-endpoint' ? { privateEndpoint: { id: user.id } } : {}),
      },
    };
  },
};

function projectConfiguration({ id, etag }: StoredResource, configuration: Json): JsonObject {
  const { name, properties } = objectOf(configuration);
  const called = typeof name === 'string' ? name : '';
  return {
    id: `${id}/ipConfigurations/${called}`,
    name: called,
    etag: `W/${etag}`,
    type: `${TYPE}/ipConfigurations`,
    properties: { provisioningState: 'Succeeded', ...objectOf(properties) },
  };
}

function put(context: VerbContext, request: WriteRequest): WriteOutcome {
  const asked = objectOf(request.body['properties']);
  const group = asked['networkSecurityGroup'];
  const found =
    idIn(group) === undefined
      ? undefined
      : referred(context.view, group, {
          type: 'microsoft.network/networksecuritygroups',
          target: 'properties.networkSecurityGroup.id',
        });
  if (found !== undefined && isError(found)) return refused(found);
  const configurations = allocate(context, request, listOf(asked['ipConfigurations']));
  if ('code' in configurations) return refused(configurations);
  const kept = given(asked, ['enableAcceleratedNetworking', 'enableIPForwarding', 'disableTcpStateTracking']);
  const properties = {
    ...kept,
    macAddress: request.existing?.properties['macAddress'] ?? macAddress(context.newUuid()),
    ipConfigurations: configurations.all,
    ...(found === undefined ? {} : { networkSecurityGroup: { id: found.id } }),
  };
  return { kind: 'written', resource: storedResource(context, request, { properties }) };
}

/** A locally administered address of Azure's own prefix, as its network cards have. */
export function macAddress(uuid: string): string {
  return `00-0D-3A-${uuid
    .slice(0, 6)
    .toUpperCase()
    .replace(/(..)(..)(..)/, '$1-$2-$3')}`;
}

function given(properties: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) =>
      properties[name] === undefined || properties[name] === null ? [] : [[name, properties[name]]],
    ),
  );
}

type Allocated = { readonly all: readonly JsonObject[] } | ArmError;

function allocate(context: VerbContext, { id, existing }: WriteRequest, asked: readonly Json[]): Allocated {
  const all: JsonObject[] = [];
  const taken = new Set<string>();
  for (const [i, one] of asked.entries()) {
    const target = `properties.ipConfigurations[${i}].properties`;
    const { name, properties } = objectOf(one);
    const wanted = objectOf(properties);
    const subnet = referred(context.view, wanted['subnet'], {
      type: 'microsoft.network/virtualnetworks/subnets',
      target: `${target}.subnet.id`,
    });
    if (isError(subnet)) return subnet;
    const before = listOf(existing?.properties['ipConfigurations'])
      .map(objectOf)
      .find((old) => old['name'] === name);
    const own = ipConfigurations(context.view).filter(({ id: other }) => other.toLowerCase().startsWith(`${id.key}/`));
    const used = new Set(
      [...usedAddresses(context.view, subnet)].filter((address) => !own.some((mine) => mine.address === address)),
    );
    for (const address of taken) used.add(address);
    const address = addressFor(subnet, { wanted, before, used }, `${target}.privateIPAddress`);
    if (typeof address !== 'string') return address;
    taken.add(address);
    const publicAddress = publicAddressOf(context, wanted['publicIPAddress'], {
      nic: id.key,
      target: `${target}.publicIPAddress.id`,
    });
    if (publicAddress !== undefined && 'code' in publicAddress) return publicAddress;
    all.push({
      name,
      properties: {
        subnet: { id: subnet.id },
        privateIPAddress: address,
        privateIPAllocationMethod: wanted['privateIPAllocationMethod'] ?? 'Dynamic',
        privateIPAddressVersion: 'IPv4',
        primary: wanted['primary'] ?? i === 0,
        ...(publicAddress === undefined ? {} : { publicIPAddress: publicAddress }),
      },
    });
  }
  return { all };
}

function addressFor(
  subnet: StoredResource,
  {
    wanted,
    before,
    used,
  }: { readonly wanted: JsonObject; readonly before: JsonObject | undefined; readonly used: ReadonlySet<string> },
  target: string,
): string | ArmError {
  const asked = wanted['privateIPAddress'];
  if (wanted['privateIPAllocationMethod'] === 'Static') {
    if (typeof asked !== 'string')
      return { code: 'InvalidRequestContent', target, message: `'${target}' is required for a static address.` };
    const why = addressRefusal(subnet, asked, used);
    return why === undefined
      ? asked
      : {
          code: 'PrivateIPAddressNotAvailable',
          target,
          message: `The value '${asked}' of '${target}' is not allowed: ${why}.`,
        };
  }
  const old = objectOf(before?.['properties']);
  const kept = old['privateIPAddress'];
  const sameSubnet = keyOfId(idIn(old['subnet']) ?? '') === subnet.key;
  if (typeof kept === 'string' && sameSubnet && !used.has(kept)) return kept;
  return (
    freeAddress(subnet, used) ?? {
      code: 'SubnetIsFull',
      target,
      message: `Subnet ${subnet.name} has no free address left.`,
    }
  );
}

function publicAddressOf(
  { view }: VerbContext,
  asked: Json | undefined,
  { nic, target }: { readonly nic: string; readonly target: string },
): { readonly id: string } | ArmError | undefined {
  if (idIn(asked) === undefined) return undefined;
  const found = referred(view, asked, { type: 'microsoft.network/publicipaddresses', target });
  if (isError(found)) return found;
  const user = configurationWith(view, found.key);
  if (user === undefined || user.id.toLowerCase().startsWith(`${nic}/`)) return { id: found.id };
  return {
    code: 'PublicIPAddressInUse',
    target,
    message: `Resource ${found.id} is referenced by ${user.id} already, and a public address can be attached once.`,
  };
}
