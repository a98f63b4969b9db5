import type { ArmError } from '../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../azure/json.ts';
import { keyOfId, parseResourceId } from '../../../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../../../state/port.ts';
import { hostRefusal, type ObservedContainer } from '../../container-hosts.ts';
import { identityAfter, shownIdentity } from '../../managed-identity.ts';
import { keptHost, platformHosts } from '../../platform-host.ts';
import type { ResourceType } from '../../resource-type.ts';
import { storedResource } from '../../stored-resource.ts';
import { type ArmSettings, refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../verb.ts';
import { containerHostOperation } from '../container-host-operation.ts';
import { placeHost } from '../microsoft.network/platform-address.ts';
import { containerView, groupState } from './instance-view.ts';
import { GROUP_SCHEMA } from './schema.ts';

const TYPE = 'Microsoft.ContainerInstance/containerGroups';
const CONTAINERS = 'microsoft.containerinstance/containergroups/containers';
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Container groups: containers that share a host on a subnet, and its address. */
export const CONTAINER_GROUP: ResourceType = {
  type: TYPE,
  apiVersions: {
    kind: 'range',
    from: '2018-10-01',
    shown: ['2023-05-01', '2022-10-01-preview', '2022-09-01', '2021-10-01', '2019-12-01'],
  },
  location: 'required',
  schema: GROUP_SCHEMA,
  put,
  deletion: 'shown',
  project: projectGroup,
};

function put(context: VerbContext, request: WriteRequest): WriteOutcome {
  const { id, body, existing } = request;
  const asked = objectOf(body['properties']);
  const error =
    hostRefusal(context) ??
    nameRefusal(id.name) ??
    containersRefusal(asked) ??
    credentialRefusal(asked, body) ??
    delegationRefusal(context.view, asked);
  if (error !== undefined) return refused(error);
  const identity = identityAfter(context, body, existing);
  if ('code' in identity) return refused(identity);
  const bare = storedResource(context, request, {
    properties: {},
    envelope: identity,
    ...(typeof body['location'] === 'string' ? { location: body['location'] } : {}),
  });
  const host = placeHost(context, {
    host: { uid: bare.uid, name: id.name },
    subnetId: subnetOf(asked),
    before: platformHosts(context.view).find(({ uid }) => uid === bare.uid),
    taken: [],
    target: 'properties.subnetIds[0].id',
  });
  if ('code' in host) return refused(host);
  const { containers, imageRegistryCredentials, restartPolicy, ipAddress } = asked;
  const boot = existing?.properties['boot'];
  const properties: JsonObject = {
    containers: listOf(containers).map(withoutAnswers),
    imageRegistryCredentials: listOf(imageRegistryCredentials),
    restartPolicy: restartPolicy ?? 'Always',
    osType: 'Linux',
    sku: 'Standard',
    subnetIds: [{ id: host.subnet }],
    ...(ipAddress === undefined || ipAddress === null
      ? {}
      : { ipAddress: { ...objectOf(ipAddress), ip: host.address } }),
    hosts: [keptHost(host)],
    provisioningState: existing === undefined ? 'Creating' : 'Updating',
    // Containers are started anew with each change, as in Azure.
    boot: typeof boot === 'number' ? boot + 1 : 1,
  };
  const resource = { ...bare, properties };
  return {
    kind: 'written',
    resource,
    also: containersAfter(context, resource),
    operation: containerHostOperation(existing === undefined),
  };
}

/** A resource for each container; those that the group has no longer go. */
function containersAfter(context: VerbContext, group: StoredResource): readonly Change[] {
  const wanted = listOf(group.properties['containers']).map((one) => {
    const { name } = objectOf(one);
    return parseResourceId(`${group.id}/containers/${typeof name === 'string' ? name : ''}`);
  });
  const ids = wanted.filter((id) => id !== undefined);
  const gone = context.view
    .ofType(CONTAINERS, group.key)
    .filter(({ key }) => !ids.some((id) => id.key === key))
    .map(({ key }): Change => ({ kind: 'remove', key }));
  const made = ids.map((id): Change => {
    const existing = context.view.get(id.key);
    return { kind: 'put', resource: storedResource(context, { id, existing }, { properties: {} }) };
  });
  return [...gone, ...made];
}

function subnetOf({ subnetIds }: JsonObject): string {
  const { id } = objectOf(listOf(subnetIds)[0]);
  return typeof id === 'string' ? id : '';
}

function withoutAnswers(container: Json): JsonObject {
  const { name, properties } = objectOf(container);
  const { instanceView: _, ...kept } = objectOf(properties);
  return { name, properties: kept };
}

function nameRefusal(name: string): ArmError | undefined {
  if (NAME.test(name)) return undefined;
  const message = `The name '${name}' of a container group is not allowed: it has 1 to 63 lower-case letters, digits and '-', and begins and ends with a letter or digit.`;
  return { code: 'InvalidContainerGroupName', target: 'name', message };
}

function containersRefusal({ containers }: JsonObject): ArmError | undefined {
  const names = listOf(containers).map((one) => objectOf(one)['name']);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return undefined;
  const message = `The container ${JSON.stringify(twice)} is there twice: each needs a name of its own.`;
  return { code: 'InvalidParameter', target: 'properties.containers', message };
}

/** A password, or an identity that the group has. */
function credentialRefusal({ imageRegistryCredentials }: JsonObject, body: JsonObject): ArmError | undefined {
  const assigned = Object.keys(objectOf(objectOf(body['identity'])['userAssignedIdentities'])).map((id) => keyOfId(id));
  for (const [i, one] of listOf(imageRegistryCredentials).map(objectOf).entries()) {
    const target = `properties.imageRegistryCredentials[${i}]`;
    const { identity, username, password } = one;
    if (typeof identity === 'string' && !assigned.includes(keyOfId(identity)))
      return {
        code: 'InvalidImageRegistryCredentialIdentity',
        target: `${target}.identity`,
        message: `The identity '${identity}' of '${target}' is not assigned to the container group: name it in identity.userAssignedIdentities.`,
      };
    if (typeof identity !== 'string' && (typeof username !== 'string' || typeof password !== 'string'))
      return {
        code: 'InvalidImageRegistryCredential',
        target,
        message: `'${target}' needs a username with its password, or an identity.`,
      };
  }
  return undefined;
}

/** A subnet has to be given over to container groups first, as in Azure. */
function delegationRefusal(view: StateView, asked: JsonObject): ArmError | undefined {
  const subnet = view.get(keyOfId(subnetOf(asked)));
  if (subnet === undefined) return undefined;
  const delegated = listOf(subnet.properties['delegations']).some((one) => objectOf(one)['serviceName'] === TYPE);
  if (delegated) return undefined;
  const message = `Subnet ${subnet.id} requires any of the following delegation(s) [${TYPE}] to reference service association link; see: az network vnet subnet update --delegations ${TYPE}`;
  return { code: 'SubnetMissingRequiredDelegation', target: 'properties.subnetIds[0].id', message };
}

/** Passwords and secret values are told to nobody. */
function projectGroup(
  group: StoredResource,
  _version: string,
  view: StateView,
  { containerHosts }: ArmSettings,
): JsonObject {
  const found = containerHosts.kind === 'run' ? containerHosts.observed(group.uid) : undefined;
  const { id, name, location, tags, properties } = group;
  const { hosts: _, boot: __, ...others } = properties;
  return {
    id,
    name,
    type: TYPE,
    location,
    tags,
    ...shownIdentity(view, group),
    properties: {
      ...others,
      containers: listOf(properties['containers']).map((one) => shownContainer(one, found)),
      imageRegistryCredentials: listOf(properties['imageRegistryCredentials']).map(shownCredential),
      provisioningState: properties['provisioningState'] ?? 'Succeeded',
      instanceView: { events: [], state: groupState(group, found) },
    },
  };
}

function shownContainer(container: Json, found: readonly ObservedContainer[] | undefined): JsonObject {
  const { name, properties } = objectOf(container);
  const observed = found?.find((one) => one.name === name);
  const own = objectOf(properties);
  const environmentVariables = listOf(own['environmentVariables']).map((one) => {
    const { secureValue: _, ...shown } = objectOf(one);
    return shown;
  });
  return { name, properties: { ...own, environmentVariables, instanceView: containerView(observed) } };
}

function shownCredential(credential: Json): JsonObject {
  const { password: _, ...shown } = objectOf(credential);
  return shown;
}
