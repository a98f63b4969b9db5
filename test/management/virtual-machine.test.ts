import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, codeOf } from './arm.ts';
import { startWithGroup } from './group.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4Hh2vO8uYfTqC1v1pJtO1Q0y8m2r0n5Zb7W3kYxEaB somebody@example';
const IMAGE = {
  publisher: 'Canonical',
  offer: '0001-com-ubuntu-server-jammy',
  sku: '22_04-lts-gen2',
  version: 'latest',
};

type Json = Readonly<Record<string, unknown>>;

describe('a virtual machine', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let group: string;
  before(async () => {
    ({ seawall, arm, group } = await startWithGroup('machines'));
    await arm.must('PUT', `${group}/providers/Microsoft.Network/virtualNetworks/v`, {
      location: 'westeurope',
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: 's', properties: { addressPrefix: '10.0.0.0/24' } }],
      },
    });
    for (const name of ['one', 'two', 'deleted']) await nic(name);
  });
  after(() => seawall.close());

  const idOf = (type: string, name: string): string => `${group}/providers/Microsoft.${type}/${name}`;
  const nicId = (name: string): string => idOf('Network', `networkInterfaces/${name}`);
  const machineId = (name: string): string => idOf('Compute', `virtualMachines/${name}`);
  const nic = (name: string): Promise<unknown> =>
    arm.must('PUT', nicId(name), {
      location: 'westeurope',
      properties: {
        ipConfigurations: [
          { name: 'c', properties: { subnet: { id: idOf('Network', 'virtualNetworks/v/subnets/s') } } },
        ],
      },
    });
  const body = (
    of: string,
    { properties = {}, os = {}, ...more }: { properties?: Json; os?: Json } & Json = {},
  ): Json => ({
    location: 'westeurope',
    ...more,
    properties: {
      hardwareProfile: { vmSize: 'Standard_DS1_v2' },
      storageProfile: { imageReference: IMAGE, osDisk: { createOption: 'fromImage' } },
      osProfile: {
        computerName: 'host',
        adminUsername: 'azureuser',
        linuxConfiguration: { ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: KEY }] } },
        ...os,
      },
      networkProfile: { networkInterfaces: [{ id: nicId(of) }] },
      ...properties,
    },
  });
  const ask = (method: string, path: string, sent?: Json): ReturnType<Arm['ask']> =>
    arm.ask(method, path, sent, { apiVersion: '2022-08-01' });
  const powerOf = async (name: string): Promise<unknown> => {
    const { statuses } = (await arm.must('GET', `${machineId(name)}/instanceView`)) as unknown as {
      readonly statuses: readonly { readonly code: string }[];
    };
    return statuses.map(({ code }) => code);
  };

  it('has a disk and its network interface, and is not said to run where no host stands behind it', async () => {
    assert.equal((await ask('PUT', machineId('first'), body('one'))).status, 201);
    const { properties } = (await arm.must('GET', nicId('one'))) as { readonly properties: Json };
    assert.deepEqual(properties['virtualMachine'], { id: machineId('first') });
    const { value } = await arm.must('GET', idOf('Compute', 'disks'));
    assert.match(JSON.stringify(value), /first_OsDisk_1_.*"diskState":"Attached"/);
    assert.deepEqual(await powerOf('first'), ['ProvisioningState/succeeded', 'PowerState/unknown']);
    const plain = await arm.must('GET', machineId('first'));
    assert.doesNotMatch(JSON.stringify(plain), /instanceView/);
    const expanded = await arm.must('GET', `${machineId('first')}?$expand=instanceView`);
    assert.match(JSON.stringify(expanded), /"instanceView":\{"computerName":"host"/);
  });

  it('is stopped and deallocated, and not started', async () => {
    assert.equal((await ask('POST', `${machineId('first')}/powerOff`)).status, 200);
    assert.deepEqual(await powerOf('first'), ['ProvisioningState/succeeded', 'PowerState/stopped']);
    assert.equal((await ask('POST', `${machineId('first')}/deallocate`)).status, 200);
    assert.deepEqual(await powerOf('first'), ['ProvisioningState/succeeded', 'PowerState/deallocated']);
    for (const action of ['start', 'restart', 'runCommand']) {
      const refused = await ask('POST', `${machineId('first')}/${action}`);
      assert.deepEqual([refused.status, codeOf(refused)], [409, 'OperationNotAllowed']);
      assert.match(refused.text, /runs no host/);
    }
    assert.deepEqual(await powerOf('first'), ['ProvisioningState/succeeded', 'PowerState/deallocated']);
  });

  it('takes back what it shows, another size too, and neither another name nor another image', async () => {
    const shown = (await arm.must('GET', machineId('first'))) as { readonly properties: Json };
    assert.equal((await ask('PUT', machineId('first'), shown)).status, 200);
    const resized = { properties: { hardwareProfile: { vmSize: 'Standard_B2s' } } };
    assert.equal((await ask('PATCH', machineId('first'), resized)).status, 200);
    const renamed = await ask('PUT', machineId('first'), body('one', { os: { computerName: 'other' } }));
    assert.deepEqual([renamed.status, codeOf(renamed)], [409, 'PropertyChangeNotAllowed']);
    const imageReference = { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' };
    const other = body('one', { properties: { storageProfile: { imageReference } } });
    assert.equal(codeOf(await ask('PUT', machineId('first'), other)), 'PropertyChangeNotAllowed');
  });

  it('keeps its disk and network interface when it goes, or takes them along where it says so', async () => {
    const networkInterfaces = [{ id: nicId('deleted'), properties: { deleteOption: 'Delete' } }];
    const osDisk = { createOption: 'FromImage', name: 'gone', deleteOption: 'Delete' };
    const properties = { networkProfile: { networkInterfaces }, storageProfile: { imageReference: IMAGE, osDisk } };
    assert.equal((await ask('PUT', machineId('second'), body('', { properties }))).status, 201);
    const attached = await ask('DELETE', idOf('Compute', 'disks/gone'));
    assert.deepEqual([attached.status, codeOf(attached)], [409, 'OperationNotAllowed']);
    const used = await arm.ask('DELETE', nicId('deleted'));
    assert.deepEqual([used.status, codeOf(used)], [400, 'NicInUse']);
    assert.equal((await ask('DELETE', machineId('second'))).status, 200);
    assert.equal((await arm.ask('GET', nicId('deleted'))).status, 404);
    assert.equal((await arm.ask('GET', idOf('Compute', 'disks/gone'))).status, 404);
    assert.equal((await ask('DELETE', machineId('first'))).status, 200);
    assert.equal((await arm.ask('GET', nicId('one'))).status, 200);
    const { value } = await arm.must('GET', idOf('Compute', 'disks'));
    assert.match(JSON.stringify(value), /"diskState":"Unattached"/);
  });

  const keys = (...publicKeys: readonly Json[]): Json => ({ os: { linuxConfiguration: { ssh: { publicKeys } } } });
  const VALUES: readonly (readonly [string, () => Json, string | undefined])[] = [
    ['nothing odd', () => body('two'), undefined],
    [
      'an unknown size',
      () => body('two', { properties: { hardwareProfile: { vmSize: 'Standard_X1' } } }),
      'InvalidParameter',
    ],
    [
      'an unknown image',
      () => body('two', { properties: { storageProfile: { imageReference: { ...IMAGE, sku: '99' } } } }),
      'PlatformImageNotFound',
    ],
    ['no key', () => body('two', keys()), 'InvalidParameter'],
    ['a key that is none', () => body('two', keys({ keyData: 'secret' })), 'InvalidParameter'],
    [
      'a key elsewhere',
      () => body('two', keys({ keyData: KEY, path: '/root/.ssh/authorized_keys' })),
      'InvalidParameter',
    ],
    ['a password', () => body('two', { os: { adminPassword: 'Passw0rd!Passw0rd' } }), 'InvalidParameter'],
    ['a reserved user', () => body('two', { os: { adminUsername: 'root' } }), 'InvalidParameter'],
    ['a user of other letters', () => body('two', { os: { adminUsername: 'Azure User' } }), 'InvalidParameter'],
    ['a computer that is a number', () => body('two', { os: { computerName: '123' } }), 'InvalidParameter'],
    ['a network interface that is not there', () => body('none'), 'InvalidResourceReference'],
    ['another region than its network interface', () => body('two', { location: 'northeurope' }), 'InvalidParameter'],
    [
      'data disks',
      () => body('two', { properties: { storageProfile: { imageReference: IMAGE, dataDisks: [{ lun: 0 }] } } }),
      'InvalidRequestContent',
    ],
    ['an identity of others', () => body('two', { identity: { type: 'UserAssigned' } }), 'InvalidParameter'],
    ['an unknown property', () => body('two', { properties: { colour: 'red' } }), 'InvalidRequestContent'],
  ];
  for (const [i, [name, made, code]] of VALUES.entries())
    it(`with ${name} is ${code === undefined ? 'made' : `refused: ${code}`}`, async () => {
      const answer = await ask('PUT', machineId(`valued${i}`), made());
      assert.equal(answer.status < 300 ? undefined : codeOf(answer), code, answer.text);
      await ask('DELETE', machineId(`valued${i}`));
    });

  it('is made with a network interface that no other machine has', async () => {
    assert.equal((await ask('PUT', machineId('holder'), body('two'))).status, 201);
    const second = await ask('PUT', machineId('taker'), body('two'));
    assert.deepEqual([second.status, codeOf(second)], [400, 'NicInUse']);
    await ask('DELETE', machineId('holder'));
  });

  it('is made of images that are listed level by level', async () => {
    const at = `${arm.subscription}/providers/Microsoft.Compute/locations/westeurope/publishers`;
    const list = async (path: string): Promise<unknown> =>
      ((await arm.must('GET', `${at}${path}`)) as unknown as readonly { readonly name: string }[]).map(
        ({ name }) => name,
      );
    assert.deepEqual(await list(''), ['Canonical', 'Debian']);
    const offers = '/canonical/artifacttypes/vmimage/offers';
    assert.deepEqual(await list(offers), ['0001-com-ubuntu-server-jammy', 'ubuntu-24_04-lts']);
    const versions = `${offers}/${IMAGE.offer}/skus/${IMAGE.sku}/versions`;
    assert.deepEqual(await list(versions), ['1.0.0']);
    assert.equal((await arm.ask('GET', `${at}${versions}/1.0.0`)).status, 200);
    assert.equal(codeOf(await arm.ask('GET', `${at}${versions}/2.0.0`)), 'PlatformImageNotFound');
    assert.equal(codeOf(await arm.ask('GET', `${at}/nobody/artifacttypes/vmimage/offers`)), 'PlatformImageNotFound');
  });
});
