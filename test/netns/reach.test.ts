import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { HELLO } from '../../src/outside/hello-image.ts';
import { askControl, ownerToken } from '../../src/testkit/control-client.ts';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf } from '../management/arm.ts';
import { lacks } from '../client/process.ts';

const run = promisify(execFile);
const WHY_NOT = process.platform !== 'linux' || process.getuid?.() !== 0 ? 'the lab needs Linux and root' : false;
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4Hh2vO8uYfTqC1v1pJtO1Q0y8m2r0n5Zb7W3kYxEaB somebody@example';
const IMAGE = { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' };
const METADATA = 'http://169.254.169.254/metadata';
const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

/** What a client in a host's namespace got. */
interface Got {
  readonly status: string;
  readonly body: string;
}

/** A server with a lab, in which names of what is made are short. */
async function startLab(settings: Readonly<Record<string, string>> = {}) {
  const seawall = await startSeawall({
    settings: { lab: 'on', registry: '127.0.0.1:5443', control: '127.0.0.1:0', ...settings },
  });
  const arm = await armOf(seawall);
  const group = `${arm.subscription}/resourceGroups/reach`;
  const network = `${group}/providers/Microsoft.Network`;
  await arm.must('PUT', group, { location: 'westeurope' });
  const makeNetwork = async (name: string): Promise<void> => {
    const subnets = [{ name: 's', properties: { addressPrefix: '10.0.0.0/24' } }];
    const properties = { addressSpace: { addressPrefixes: ['10.0.0.0/16'] }, subnets };
    await arm.must('PUT', `${network}/virtualNetworks/${name}`, { location: 'westeurope', properties });
  };
  const makeHost = async (name: string, where: string): Promise<void> => {
    const subnet = { id: `${network}/virtualNetworks/${where}/subnets/s` };
    await arm.must('PUT', `${network}/networkInterfaces/${name}`, {
      location: 'westeurope',
      properties: { ipConfigurations: [{ name: 'one', properties: { subnet } }] },
    });
  };
  const curl = async (host: string, ...args: readonly string[]): Promise<Got> => {
    const argv = [
      'netns',
      'exec',
      `swl-h-${host}`,
      'curl',
      '-s',
      '-m',
      '8',
      '--cacert',
      seawall.ca,
      '-w',
      '\n%{http_code}',
    ];
    const { stdout } = await run('ip', [...argv, ...args], { timeout: 20_000 }).catch((error: unknown) => ({
      stdout: `${String(error)}\n000`,
    }));
    const cut = stdout.lastIndexOf('\n');
    return { status: stdout.slice(cut + 1), body: stdout.slice(0, cut) };
  };
  return { seawall, arm, group, makeNetwork, makeHost, curl };
}

/** A body of a PUT of a virtual machine. Its host is stopped, so that nothing but its network is needed here. */
function machine(nic: string, more: object): object {
  return {
    location: 'westeurope',
    ...more,
    properties: {
      hardwareProfile: { vmSize: 'Standard_DS1_v2' },
      storageProfile: { imageReference: IMAGE, osDisk: { createOption: 'fromImage' } },
      osProfile: {
        computerName: 'host',
        adminUsername: 'azureuser',
        linuxConfiguration: { ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: KEY }] } },
      },
      networkProfile: { networkInterfaces: [{ id: nic }] },
    },
  };
}

describe('what stands in for the outside', { skip: WHY_NOT }, () => {
  let lab: Awaited<ReturnType<typeof startLab>>;
  before(async () => {
    lab = await startLab();
    await lab.makeNetwork('a');
    await lab.makeHost('jump', 'a');
  });
  after(() => lab?.seawall.close());

  it('answers for Docker Hub with an image that skopeo takes whole', { skip: lacks('skopeo') }, async () => {
    const at = `${lab.seawall.dataDir}/hello`;
    const argv = ['skopeo', 'copy', 'docker://docker.io/library/hello-world', `oci:${at}:latest`];
    await run('ip', ['netns', 'exec', 'swl-h-jump', 'env', `SSL_CERT_FILE=${lab.seawall.ca}`, ...argv]);
    assert.match(await readFile(`${at}/index.json`, 'utf8'), /application\/vnd\.oci\.image\.manifest/);
  });

  it('says what there is when another image is asked for', async () => {
    const { status, body } = await lab.curl('jump', 'https://registry-1.docker.io/v2/library/nginx/manifests/latest');
    assert.equal(status, '404');
    assert.match(body, /has hello-world alone, not library\/nginx:latest/);
  });

  it('answers the short link of the Azure CLI with a script, and no other', async () => {
    const { status, body } = await lab.curl('jump', '-L', 'http://aka.ms/InstallAzureCLIDeb');
    assert.equal(status, '200');
    assert.match(body, /^#!\/bin\/bash\n[^]*apt-get install --yes --no-install-recommends azure-cli\n$/);
    assert.equal((await lab.curl('jump', 'https://aka.ms/else')).status, '404');
  });

  it('is listed, each thing once', async () => {
    await lab.curl('jump', 'https://registry-1.docker.io/v2/library/hello-world/manifests/latest');
    await lab.curl('jump', 'https://aka.ms/InstallAzureCLIDeb');
    const authorization = `Bearer ${await ownerToken(lab.seawall)}`;
    const { text } = await askControl(lab.seawall, 'GET', '/seawall/substitutions', { headers: { authorization } });
    assert.equal(text.match(/docker\.io\/library\/hello-world/g)?.length, 1);
    assert.equal(text.match(/InstallAzureCLIDeb/g)?.length, 1);
    assert.ok(HELLO.includes('--substitutions'));
  });

  it('leads to package hosts, and to nobody else', async () => {
    const { status } = await lab.curl('jump', '-x', 'http://169.254.100.2:3128', 'http://registry-1.docker.io/v2/');
    assert.equal(status, '403');
    const known = await lab.curl(
      'jump',
      '-x',
      'http://169.254.100.2:3128',
      'http://deb.debian.org/debian/dists/bookworm/Release',
    );
    // Where this machine reaches no mirror, that is said.
    assert.ok(known.status === '200' || /deb\.debian\.org cannot be reached/.test(known.body), known.status);
  });

  it('is at no other address of a router', async () => {
    for (const url of ['http://10.0.0.1/', 'http://10.0.0.1:3128/', 'https://10.0.0.1:3443/'])
      assert.equal((await lab.curl('jump', '-k', '-m', '1', url)).status, '000', url);
  });
});

describe('what stands in for the outside, switched off', { skip: WHY_NOT }, () => {
  let lab: Awaited<ReturnType<typeof startLab>>;
  before(async () => {
    lab = await startLab({ substitutions: 'off' });
    await lab.makeNetwork('a');
    await lab.makeHost('jump', 'a');
  });
  after(() => lab?.seawall.close());

  it('answers for nobody: the name is what the machine says it is', async () => {
    const { status } = await lab.curl('jump', 'https://registry-1.docker.io/v2/');
    assert.equal(status, '000');
  });
});

describe('what a host is told of itself', { skip: WHY_NOT }, () => {
  let lab: Awaited<ReturnType<typeof startLab>>;
  let registry: string;
  before(async () => {
    lab = await startLab();
    for (const name of ['a', 'b']) await lab.makeNetwork(name);
    const { arm, group } = lab;
    for (const [name, where, identity] of [
      ['vm', 'a', { identity: { type: 'SystemAssigned' } }],
      ['other', 'b', {}],
    ] as const) {
      await lab.makeHost(`${name}-nic`, where);
      const nic = `${group}/providers/Microsoft.Network/networkInterfaces/${name}-nic`;
      await arm.must('PUT', machineId(name), machine(nic, identity), { apiVersion: '2022-08-01' });
    }
    await lab.makeHost('bare', 'a');
    const { value } = (await arm.must(
      'GET',
      `${arm.subscription}/providers/Microsoft.ContainerRegistry/registries`,
    )) as {
      readonly value: readonly { readonly id: string }[];
    };
    registry = value[0]?.id ?? '';
  });
  after(() => lab?.seawall.close());

  const machineId = (name: string): string => `${lab.group}/providers/Microsoft.Compute/virtualMachines/${name}`;
  const instance = (host: string, ...more: readonly string[]): Promise<Got> =>
    lab.curl(host, '-H', 'Metadata: true', ...more, `${METADATA}/instance?api-version=2021-02-01`);
  const token = (host: string, query = `&resource=${lab.seawall.control}`, ...more: readonly string[]): Promise<Got> =>
    lab.curl(host, '-H', 'Metadata: true', ...more, `${METADATA}/identity/oauth2/token?api-version=2018-02-01${query}`);

  it('is who it is, by its network: two hosts of one address are told apart', async () => {
    for (const name of ['vm', 'other']) {
      const { status, body } = await instance(name);
      assert.equal(status, '200', body);
      const { compute, network } = JSON.parse(body);
      assert.deepEqual([compute.name, compute.resourceId], [name, machineId(name)]);
      assert.equal(network.interface[0].ipv4.ipAddress[0].privateIpAddress, '10.0.0.4');
    }
  });

  it('is told single values as text', async () => {
    const url = `${METADATA}/instance/compute/name?api-version=2021-02-01`;
    assert.deepEqual(await lab.curl('vm', '-H', 'Metadata: true', `${url}&format=text`), { status: '200', body: 'vm' });
    assert.equal((await lab.curl('vm', '-H', 'Metadata: true', url)).status, '400');
  });

  it('asks itself: no request without the header, none that was forwarded, none without a version', async () => {
    assert.equal((await lab.curl('vm', `${METADATA}/instance?api-version=2021-02-01`)).status, '400');
    assert.equal((await instance('vm', '-H', 'X-Forwarded-For: 10.0.0.9')).status, '400');
    assert.equal((await lab.curl('vm', '-H', 'Metadata: true', `${METADATA}/instance`)).status, '400');
    assert.equal((await token('vm', '&resource=x', '-X', 'POST')).status, '405');
  });

  it('is nothing where no machine of the management API stands behind it', async () => {
    assert.equal((await instance('bare')).status, '404');
  });

  it('gets a token of its own identity, with which it may do what its roles say', async () => {
    const { status, body } = await token('vm');
    assert.equal(status, '200', body);
    const { access_token: bearer, token_type: type } = JSON.parse(body);
    assert.equal(type, 'Bearer');
    const asVm = await armOf(lab.seawall, bearer);
    assert.equal((await asVm.ask('GET', registry)).status, 403);
    const { identity } = (await lab.arm.must('GET', machineId('vm'), undefined, { apiVersion: '2022-08-01' })) as {
      readonly identity: { readonly principalId: string };
    };
    assert.deepEqual(Object.keys(identity).toSorted(), ['principalId', 'tenantId', 'type']);
    const assignment = `${registry}/providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-555555555555`;
    const roleDefinitionId = `${lab.arm.subscription}/providers/Microsoft.Authorization/roleDefinitions/${READER}`;
    await lab.arm.must('PUT', assignment, { properties: { roleDefinitionId, principalId: identity.principalId } });
    assert.equal((await asVm.ask('GET', registry)).status, 200);
    assert.equal((await asVm.ask('DELETE', registry)).status, 403);
  });

  it('gets none without an identity, for an unknown resource, or in the name of another', async () => {
    assert.match((await token('other')).body, /Identity not found/);
    assert.match((await token('vm', '&resource=https://unknown.example')).body, /invalid_resource/);
    assert.match((await token('vm', '')).body, /Required audience parameter not specified/);
    const another = `&resource=${lab.seawall.control}&client_id=00000000-0000-4000-8000-000000000000`;
    assert.match((await token('vm', another)).body, /Identity not found/);
  });

  it('loses its tokens with its identity', async () => {
    const { access_token: bearer } = JSON.parse((await token('vm')).body);
    const asVm = await armOf(lab.seawall, bearer);
    assert.notEqual((await asVm.ask('GET', '/subscriptions')).status, 401);
    await lab.arm.must('PATCH', machineId('vm'), { identity: { type: 'None' } }, { apiVersion: '2022-08-01' });
    assert.equal((await asVm.ask('GET', '/subscriptions')).status, 401);
    assert.match((await token('vm')).body, /Identity not found/);
  });
});
