import type { ArmError } from '../../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import { isEqual } from '../../../template/value.ts';
import type { Change, StateView, StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { identityAfter, type KeptIdentity, shownIdentity } from '../../../managed-identity.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { COMPUTE_VERSIONS } from '../api-version.ts';
import { IMAGE_VERSION } from '../image.ts';
import { SIZES, sizeJson } from '../size.ts';
import { bootOf, desiredPower, instanceView, provisioningState } from './instance-view.ts';
import { hostOperation } from './host-operation.ts';
import { osProfileRefusal } from './os-profile.ts';
import { capital, deletedWith, osDisk } from './os-disk.ts';
import { POWER_ACTIONS } from './power.ts';
import { imageOf, interfaceRefusal, sizeRefusal } from './reference.ts';
import { MACHINE_PATCH, MACHINE_SCHEMA } from './schema.ts';

const TYPE = 'Microsoft.Compute/virtualMachines';
const NAME = /^[A-Za-z0-9](?:[\w.-]{0,62}[A-Za-z0-9_])?$/;

/** Virtual machines: kept as resources, with their disk and network interfaces (facts/acr.md §4.6). */
export const VIRTUAL_MACHINE: ResourceType = {
  type: TYPE,
  apiVersions: COMPUTE_VERSIONS,
  location: 'required',
  schema: MACHINE_SCHEMA,
  patchSchema: MACHINE_PATCH,
  put,
  patch: (context, request) => {
    const { properties } = request.existing;
    const hardware = objectOf(request.body['properties'])['hardwareProfile'] ?? properties['hardwareProfile'];
    const error = sizeRefusal(objectOf(hardware));
    if (error !== undefined) return refused(error);
    const identity = identityAfter(context, request.body, request.existing);
    if ('code' in identity) return refused(identity);
    const changed = { ...properties, hardwareProfile: hardware, boot: bootWith(request.existing, objectOf(hardware)) };
    const { identity: _, ...envelope } = request.existing.envelope;
    return written(context, {
      request,
      resource: storedResource(context, request, { properties: changed, envelope: { ...envelope, ...identity } }),
    });
  },
  removedBy: 'remove',
  remove: (_, machine) => ({ kind: 'removed', also: deletedWith(machine) }),
  project: projectMachine,
  expand: { instanceView: (machine, _, { hosts }) => ({ instanceView: instanceView(machine, hosts) }) },
  actions: [
    ...POWER_ACTIONS,
    {
      name: 'instanceView',
      method: 'GET',
      run: ({ settings }, { resource }) => ({ kind: 'answered', body: instanceView(resource, settings.hosts) }),
    },
    {
      name: 'vmSizes',
      method: 'GET',
      permission: `${TYPE}/vmSizes/read`,
      run: () => ({ kind: 'answered', body: { value: SIZES.map(sizeJson) } }),
    },
  ],
};

function put(context: VerbContext, request: WriteRequest): WriteOutcome {
  const { id, body, existing } = request;
  const asked = objectOf(body['properties']);
  const storage = objectOf(asked['storageProfile']);
  const before = objectOf(existing?.properties['storageProfile']);
  const image = imageOf(objectOf(storage['imageReference']), objectOf(before['imageReference']));
  const error =
    (existing === undefined ? hostRefusal(context) : undefined) ??
    nameRefusal(id.name) ??
    (existing === undefined ? osProfileRefusal(objectOf(asked['osProfile'])) : changeRefusal(existing, asked)) ??
    sizeRefusal(objectOf(asked['hardwareProfile'])) ??
    interfaceRefusal(context.view, objectOf(asked['networkProfile']), { machine: id.key, location: body['location'] });
  if (error !== undefined) return refused(error);
  if ('code' in image) return refused(image);
  const identity = identityAfter(context, body, existing);
  if ('code' in identity) return refused(identity);
  const bare = bareMachine(context, request, identity);
  const disk = osDisk(context, bare, objectOf(storage['osDisk']), existing && objectOf(before['osDisk']));
  if ('code' in disk) return refused(disk);
  const { alias: _, ...reference } = image;
  const storageProfile = {
    imageReference: { ...reference, version: 'latest', exactVersion: IMAGE_VERSION },
    osDisk: disk.kept,
    dataDisks: [],
  };
  const properties = propertiesOf(context, existing, { asked, storageProfile });
  return written(context, { request, resource: { ...bare, properties }, also: disk.changes });
}

function hostRefusal({ settings: { hosts } }: VerbContext): ArmError | undefined {
  return hosts.kind === 'refused' ? { code: 'OperationNotAllowed', message: hosts.why } : undefined;
}

/** A machine that gets another size is started anew, as in Azure. */
function bootWith(existing: StoredResource, hardware: JsonObject): number {
  const { vmSize } = objectOf(existing.properties['hardwareProfile']);
  return bootOf(existing) + (vmSize === hardware['vmSize'] || desiredPower(existing) !== 'running' ? 0 : 1);
}

interface Written {
  readonly request: WriteRequest;
  readonly resource: StoredResource;
  readonly also?: readonly Change[];
}

/** What was written, with the operation that sees to its host where there are hosts. */
function written({ settings }: VerbContext, { request, resource, also = [] }: Written): WriteOutcome {
  if (settings.hosts.kind !== 'run') return { kind: 'written', resource, also };
  const isNew = request.existing === undefined;
  const properties = { ...resource.properties, provisioningState: isNew ? 'Creating' : 'Updating' };
  return { kind: 'written', resource: { ...resource, properties }, also, operation: hostOperation(isNew) };
}

function bareMachine(context: VerbContext, request: WriteRequest, identity: KeptIdentity): StoredResource {
  const { location, zones } = request.body;
  const envelope = { ...identity, ...(Array.isArray(zones) && zones.length > 0 ? { zones } : {}) };
  return storedResource(context, request, {
    properties: {},
    envelope,
    ...(typeof location === 'string' ? { location } : {}),
  });
}

function propertiesOf(
  { newUuid }: VerbContext,
  existing: StoredResource | undefined,
  { asked, storageProfile }: { readonly asked: JsonObject; readonly storageProfile: JsonObject },
): JsonObject {
  const before = existing?.properties ?? {};
  const interfaces = listOf(objectOf(asked['networkProfile'])['networkInterfaces']);
  return {
    vmId: before['vmId'] ?? newUuid(),
    hardwareProfile: { vmSize: objectOf(asked['hardwareProfile'])['vmSize'] },
    storageProfile,
    osProfile: before['osProfile'] ?? newOsProfile(asked),
    networkProfile: { networkInterfaces: interfaces.map(keptInterface) },
    ...given(asked, ['securityProfile', 'diagnosticsProfile', 'priority', 'extensionsTimeBudget', 'userData']),
    desiredPower: before['desiredPower'] ?? 'running',
    boot: existing === undefined ? 0 : bootWith(existing, objectOf(asked['hardwareProfile'])),
  };
}

/** The profile of a new machine, with what Azure fills in. */
function newOsProfile(asked: JsonObject): JsonObject {
  const profile = objectOf(asked['osProfile']);
  const linux = objectOf(profile['linuxConfiguration']);
  return {
    ...given(profile, ['computerName', 'adminUsername', 'adminPassword', 'customData']),
    linuxConfiguration: { disablePasswordAuthentication: true, provisionVMAgent: true, ...withoutNull(linux) },
    secrets: [],
    allowExtensionOperations: profile['allowExtensionOperations'] ?? true,
    requireGuestProvisionSignal: true,
  };
}

/** What of a machine cannot be changed: clients send back what they were shown. */
function changeRefusal({ properties }: StoredResource, asked: JsonObject): ArmError | undefined {
  const before = objectOf(properties['osProfile']);
  const now = objectOf(asked['osProfile']);
  const changed = ['computerName', 'adminUsername', 'customData'].find(
    (name) => now[name] !== undefined && now[name] !== null && !isEqual(now[name], before[name]),
  );
  if (changed === undefined) return undefined;
  const target = `osProfile.${changed}`;
  return { code: 'PropertyChangeNotAllowed', target, message: `Changing property '${target}' is not allowed.` };
}

function keptInterface(one: Json): JsonObject {
  const { id, properties, primary, deleteOption } = objectOf(one);
  const own = objectOf(properties);
  return {
    id,
    properties: {
      primary: own['primary'] ?? primary ?? true,
      deleteOption: capital(own['deleteOption'] ?? deleteOption, 'Detach'),
    },
  };
}

function nameRefusal(name: string): ArmError | undefined {
  if (NAME.test(name)) return undefined;
  const message = `The value '${name}' of 'name' is not allowed: the name of a Linux virtual machine has 1 to 64 letters, digits, '.', '-' and '_', begins with a letter or digit, and does not end with '.' or '-'.`;
  return { code: 'InvalidParameter', target: 'name', message };
}

function given(properties: JsonObject, names: readonly string[]): JsonObject {
  return withoutNull(Object.fromEntries(names.map((name) => [name, properties[name] ?? null])));
}

function withoutNull(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined));
}

/** What was sent to be run at the first start is told to nobody. */
function projectMachine(machine: StoredResource, _version: string, view: StateView): JsonObject {
  const { id, name, location, tags, etag, properties, createdMs } = machine;
  const { identity: ____, ...envelope } = machine.envelope;
  const { osProfile, desiredPower: _, boot: _____, userData: __, ...others } = properties;
  const { customData: ___, ...profile } = objectOf(osProfile);
  return {
    id,
    name,
    type: TYPE,
    location,
    tags,
    etag,
    ...envelope,
    ...shownIdentity(view, machine),
    properties: {
      ...others,
      osProfile: profile,
      timeCreated: new Date(createdMs).toISOString(),
      provisioningState: provisioningState(machine),
    },
  };
}
