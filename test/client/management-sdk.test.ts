import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ComputeManagementClient } from '@azure/arm-compute';
import { ContainerRegistryManagementClient } from '@azure/arm-containerregistry';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import {
  ClientAssertionCredential,
  ClientSecretCredential,
  DeviceCodeCredential,
  type TokenCredential,
  UsernamePasswordCredential,
} from '@azure/identity';
import { askControl, ownerToken } from '../../src/testkit/control-client.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf } from '../management/arm.ts';

/** Microsoft's clients, signed in by @azure/identity as the owner, with what a cloud of one's own needs. */
function clientsOf(seawall: TestSeawall) {
  const { control, tenantId, subscriptionId, clientId, clientSecret = '' } = seawall.state;
  const tlsOptions = { ca: readFileSync(seawall.ca, 'utf8') };
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: control,
    disableInstanceDiscovery: true,
    tlsOptions,
  });
  const options = {
    endpoint: control,
    credentialScopes: `${control}/.default`,
    credentials: { scopes: [`${control}/.default`] },
    tlsOptions,
  };
  return {
    resources: new ResourceManagementClient(credential, subscriptionId, options),
    networks: new NetworkManagementClient(credential, subscriptionId, options),
    registries: new ContainerRegistryManagementClient(credential, subscriptionId, options),
    machines: new ComputeManagementClient(credential, subscriptionId, options),
  };
}

describe('Microsoft’s SDKs for JavaScript', () => {
  it('lock a registry down to a subnet, and take everything away again', async () => {
    await using seawall = await startSeawall();
    const { resources, networks, registries } = clientsOf(seawall);
    const group = await resources.resourceGroups.createOrUpdate('sdk', { location: 'westeurope' });
    assert.equal(group.properties?.provisioningState, 'Succeeded');
    const network = await networks.virtualNetworks.beginCreateOrUpdateAndWait('sdk', 'v', {
      location: 'westeurope',
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [
        { name: 's', addressPrefix: '10.0.0.0/24', serviceEndpoints: [{ service: 'Microsoft.ContainerRegistry' }] },
      ],
    });
    assert.deepEqual(network.subnets?.[0]?.serviceEndpoints?.[0]?.locations, ['*']);
    const registry = await registries.registries.create('sdk', 'sdkregistry', {
      location: 'westeurope',
      sku: { name: 'Premium' },
      networkRuleSet: { defaultAction: 'Deny', ipRules: [{ iPAddressOrRange: '8.8.8.8' }] },
    });
    assert.equal(registry.networkRuleSet?.defaultAction, 'Deny');
    await assert.rejects(
      async () =>
        registries.registries.update('sdk', 'sdkregistry', {
          networkRuleSet: { defaultAction: 'Deny', ipRules: [{ iPAddressOrRange: '10.0.0.1' }] },
        }),
      { code: 'InvalidIPRule', statusCode: 400 },
    );
    const names: string[] = [];
    for await (const one of resources.resources.list()) names.push(one.name ?? '');
    assert.deepEqual(new Set(names), new Set(['myregistry', 'sdkregistry', 'v']));
    await resources.resourceGroups.beginDeleteAndWait('sdk');
    assert.equal((await resources.resourceGroups.checkExistence('sdk')).body, false);
  });
  it('make a virtual machine on a subnet, stop it, and delete it', async () => {
    await using seawall = await startSeawall();
    const { resources, networks, machines } = clientsOf(seawall);
    const location = 'westeurope';
    await resources.resourceGroups.createOrUpdate('vms', { location });
    await networks.virtualNetworks.beginCreateOrUpdateAndWait('vms', 'v', {
      location,
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 's', addressPrefix: '10.0.0.0/24' }],
    });
    const subnet = await networks.subnets.get('vms', 'v', 's');
    const nic = await networks.networkInterfaces.beginCreateOrUpdateAndWait('vms', 'nic', {
      location,
      ipConfigurations: [{ name: 'c', subnet: { id: subnet.id ?? '' } }],
    });
    const keyData = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4Hh2vO8uYfTqC1v1pJtO1Q0y8m2r0n5Zb7W3kYxEaB';
    const made = await machines.virtualMachines.createOrUpdate('vms', 'vm', {
      location,
      hardwareProfile: { vmSize: 'Standard_B2s' },
      storageProfile: {
        imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
        osDisk: { createOption: 'FromImage', deleteOption: 'Delete' },
      },
      osProfile: {
        computerName: 'vm',
        adminUsername: 'azureuser',
        linuxConfiguration: { ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData }] } },
      },
      networkProfile: { networkInterfaces: [{ id: nic.id ?? '' }] },
    });
    assert.equal(made.provisioningState, 'Succeeded');
    await machines.virtualMachines.deallocate('vms', 'vm');
    const { instanceView } = await machines.virtualMachines.get('vms', 'vm', { expand: 'instanceView' });
    assert.ok(instanceView?.statuses?.some(({ code }) => code === 'PowerState/deallocated'));
    await assert.rejects(async () => machines.virtualMachines.start('vms', 'vm'), { code: 'OperationNotAllowed' });
    await machines.virtualMachines.delete('vms', 'vm');
    const disks: string[] = [];
    for await (const { name } of machines.disks.list()) disks.push(name ?? '');
    assert.deepEqual(disks, []);
  });
});

describe('@azure/identity', () => {
  it('signs in a person by password and by a code, and an application by an assertion', async () => {
    await using issuer = await startSeawall();
    await using seawall = await startSeawall({ settings: { outboundAllow: '127.0.0.1', outboundCa: issuer.ca } });
    const { control, tenantId } = seawall.state;
    const arm = await armOf(seawall);
    const principals = '/seawall/principals';
    const user = await arm.must('POST', principals, { userPrincipalName: 'bob@example.com' }, { apiVersion: '' });
    const [name, password] = [String(user['userPrincipalName']), String(user['secret'])];
    const app = await arm.must('POST', principals, { displayName: 'ci' }, { apiVersion: '' });
    const assertion = await ownerToken(issuer);
    const says = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      string
    >;
    const federate = `${principals}/${String(app['clientId'])}/federate`;
    const credential = { name: 'main', issuer: says['iss'], subject: says['sub'], audiences: [says['aud']] };
    await arm.must('POST', federate, credential, { apiVersion: '' });
    const options = {
      authorityHost: control,
      disableInstanceDiscovery: true,
      tlsOptions: { ca: readFileSync(seawall.ca, 'utf8') },
    };
    const clientId = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';
    const typeCode = async (userCode: string): Promise<void> => {
      const form = new URLSearchParams({ user_code: userCode, username: name, password });
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      await askControl(seawall, 'POST', '/device', { body: form.toString(), headers });
    };
    const credentials: readonly (readonly [TokenCredential, unknown])[] = [
      [new UsernamePasswordCredential(tenantId, clientId, name, password, options), user['objectId']],
      [
        new DeviceCodeCredential({
          ...options,
          tenantId,
          clientId,
          userPromptCallback: ({ userCode }) => void typeCode(userCode),
        }),
        user['objectId'],
      ],
      [
        new ClientAssertionCredential(tenantId, String(app['clientId']), async () => assertion, options),
        app['objectId'],
      ],
    ];
    for (const [one, objectId] of credentials) {
      const token = await one.getToken(`${control}/.default`);
      const claims = JSON.parse(Buffer.from(token?.token.split('.')[1] ?? '', 'base64url').toString()) as Record<
        string,
        unknown
      >;
      assert.equal(claims['oid'], objectId);
    }
  });
});
