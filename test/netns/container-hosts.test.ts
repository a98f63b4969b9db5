import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { lacks } from '../client/process.ts';
import { type Arm, armOf } from '../management/arm.ts';
import { faults, lacksAzureTypes } from '../management/azure-types.ts';
import { ensureBaseImage } from './base-image.ts';

const run = promisify(execFile);
const WHY_NOT =
  process.platform !== 'linux' || process.getuid?.() !== 0 ? 'the lab needs Linux and root' : lacks('skopeo');
const ACR_PULL = '7f951dda-4ed3-4680-a7ca-43fe172d538d';
const ENDPOINT = [{ service: 'Microsoft.ContainerRegistry' }];
const GROUPS = 'Microsoft.ContainerInstance/containerGroups';
/** How long what is begun may take until it is over, in ms, on a machine that does much else. */
const PATIENCE_MS = 120_000;

type Json = Readonly<Record<string, unknown>>;

/** What Azure's own types say against a resource, where they are at hand. */
function faultsOf(type: string, version: string, json: Json): readonly string[] {
  return lacksAzureTypes === false ? (faults(type, version, json) ?? []) : [];
}

describe('hosts of containers', { skip: WHY_NOT }, () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let group: string;
  let registry: string;
  let password: string;
  const image = 'myregistry.azurecr.test/hello-world:v1';
  before(async () => {
    await ensureBaseImage('containers');
    seawall = await startSeawall({ settings: { lab: 'on', registry: '127.0.0.1:5443', control: '127.0.0.1:0' } });
    arm = await armOf(seawall);
    group = `${arm.subscription}/resourceGroups/containers`;
    password = seawall.admin('myregistry').password;
    await arm.must('PUT', group, { location: 'westeurope' });
    const { value } = await arm.must('GET', `${arm.subscription}/providers/Microsoft.ContainerRegistry/registries`);
    registry = (value as readonly { readonly id: string }[])[0]?.id ?? '';
    const delegations = [{ name: 'aci', properties: { serviceName: GROUPS } }];
    await arm.must('PUT', idOf('Microsoft.Network/virtualNetworks', 'net'), {
      location: 'westeurope',
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [
          { name: 'nodes', properties: { addressPrefix: '10.0.0.0/24', serviceEndpoints: ENDPOINT } },
          { name: 'aci', properties: { addressPrefix: '10.0.1.0/24', serviceEndpoints: ENDPOINT, delegations } },
        ],
      },
    });
    await pushHello();
  });
  after(() => seawall?.close());

  const idOf = (type: string, name: string): string => `${group}/providers/${type}/${name}`;
  const subnet = (name: string): string => `${idOf('Microsoft.Network/virtualNetworks', 'net')}/subnets/${name}`;
  const allow = (rules: { readonly subnets?: readonly string[]; readonly addresses?: readonly string[] }) => {
    const virtualNetworkRules = (rules.subnets ?? []).map((name) => ({ id: subnet(name) }));
    const ipRules = (rules.addresses ?? []).map((value) => ({ value }));
    const properties = { networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules, ipRules } };
    return arm.must('PATCH', registry, { properties }, { apiVersion: '2021-08-01-preview' });
  };

  /** From Docker Hub, as it is in the lab, by a bare host. */
  async function pushHello(): Promise<void> {
    await arm.must('PUT', idOf('Microsoft.Network/networkInterfaces', 'jump'), {
      location: 'westeurope',
      properties: { ipConfigurations: [{ name: 'c', properties: { subnet: { id: subnet('nodes') } } }] },
    });
    const copy = [
      'skopeo',
      'copy',
      '--all',
      '--dest-creds',
      `myregistry:${password}`,
      'docker://docker.io/library/hello-world',
    ];
    await run('ip', [
      'netns',
      'exec',
      'swl-h-jump',
      'env',
      `SSL_CERT_FILE=${seawall.ca}`,
      ...copy,
      `docker://${image}`,
    ]);
  }

  /** Writes a resource, and waits until what it begins is over; what is gone then failed. */
  async function made(
    type: string,
    name: string,
    body: Json,
  ): Promise<{ readonly state: string; readonly json: Json }> {
    const options = { apiVersion: '2023-05-01' };
    const answer = await arm.ask('PUT', idOf(type, name), body, options);
    const deadline = Date.now() + PATIENCE_MS;
    const poll = answer.headers['azure-asyncoperation'];
    // What fails within the moment that a request waits is answered as its failure.
    if (answer.status >= 300) return { state: 'Failed', json: answer.json() };
    // What was over before the answer has nothing to ask for.
    if (typeof poll !== 'string') return { state: 'Succeeded', json: answer.json() };
    const path = poll.slice(seawall.control.length);
    for (;;) {
      const json = await arm.must('GET', path, undefined, { apiVersion: '' });
      if (json['status'] === 'Succeeded')
        return { state: 'Succeeded', json: await arm.must('GET', idOf(type, name), undefined, options) };
      if (json['status'] === 'Failed') return { state: 'Failed', json };
      assert.ok(Date.now() < deadline, JSON.stringify(json));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  const assign = (principalId: string, name: string): Promise<unknown> => {
    const roleDefinitionId = `${arm.subscription}/providers/Microsoft.Authorization/roleDefinitions/${ACR_PULL}`;
    const id = `${registry}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    return arm.must('PUT', id, { properties: { roleDefinitionId, principalId } });
  };

  describe('a cluster', () => {
    const cluster = () => idOf('Microsoft.ContainerService/managedClusters', 'aks');
    const inNode = async (command: string): Promise<{ readonly exitCode: number; readonly logs: string }> => {
      const begun = await arm.ask('POST', `${cluster()}/runCommand`, { command }, { apiVersion: '2022-11-01' });
      assert.equal(begun.status, 202, begun.text);
      const path = String(begun.headers.location).slice(seawall.control.length);
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        const answer = await arm.ask('GET', path, undefined, { apiVersion: '' });
        const properties = answer.json()['properties'];
        if (answer.status === 200) return properties as { readonly exitCode: number; readonly logs: string };
        assert.equal(answer.status, 202, answer.text);
        assert.ok(Date.now() < deadline, answer.text);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };
    const pull = () => inNode(`seawall-pull ${image}`);
    let kubelet = '';
    before(async () => {
      const pool = { name: 'pool', count: 1, vnetSubnetID: subnet('nodes'), osType: 'Linux', mode: 'System' };
      const { state, json } = await made('Microsoft.ContainerService/managedClusters', 'aks', {
        location: 'westeurope',
        identity: { type: 'SystemAssigned' },
        properties: { dnsPrefix: 'aks', agentPoolProfiles: [pool] },
      });
      assert.equal(state, 'Succeeded', JSON.stringify(json));
      assert.deepEqual(faultsOf('Microsoft.ContainerService/managedClusters', '2024-09-01', json), []);
      kubelet = /"objectId":"([^"]+)"/.exec(JSON.stringify(json))?.[1] ?? '';
    });

    it('has a node that pulls with the role of its kubelet, and not without', async () => {
      const refused = await pull();
      assert.notEqual(refused.exitCode, 0);
      await assign(kubelet, '11111111-2222-4333-8444-000000000001');
      const pulled = await pull();
      assert.equal(pulled.exitCode, 0, pulled.logs);
      const { logs } = await inNode(`ctr --namespace k8s.io run --rm --net-host ${image} hello`);
      assert.match(logs, /Hello from Docker!/);
    });

    it('is admitted by a rule of its subnet, and refused without', async () => {
      await allow({ addresses: ['203.0.113.9'] });
      const refused = await pull();
      assert.match(refused.logs, /client with IP .* is not allowed access/);
      await allow({ subnets: ['nodes'] });
      assert.equal((await pull()).exitCode, 0);
    });

    it('takes its node and its identity with it', async () => {
      await arm.must('DELETE', cluster(), undefined, { apiVersion: '2022-11-01' });
      const { value } = await arm.must('GET', idOf('Microsoft.ManagedIdentity', 'userAssignedIdentities'), undefined, {
        apiVersion: '2023-01-31',
      });
      assert.deepEqual(value, []);
    });
  });

  describe('a container group', () => {
    const puller = () => idOf('Microsoft.ManagedIdentity/userAssignedIdentities', 'puller');
    const server = 'myregistry.azurecr.test';
    const byPassword = () => ({
      imageRegistryCredentials: [{ server, username: 'myregistry', password }],
    });
    before(async () => {
      const { properties } = (await arm.must(
        'PUT',
        puller(),
        { location: 'westeurope' },
        { apiVersion: '2023-01-31' },
      )) as {
        readonly properties: { readonly principalId: string };
      };
      await assign(properties.principalId, '11111111-2222-4333-8444-000000000002');
    });
    const create = (name: string, { identity, ...properties }: Json) => {
      const resources = { requests: { cpu: 1, memoryInGB: 1 } };
      const container = { name: 'one', properties: { image, resources } };
      return made(GROUPS, name, {
        location: 'westeurope',
        ...(identity === undefined ? {} : { identity }),
        properties: {
          containers: [container],
          osType: 'Linux',
          restartPolicy: 'Never',
          subnetIds: [{ id: subnet('aci') }],
          ...properties,
        },
      });
    };
    const byIdentity = () => ({
      identity: { type: 'UserAssigned', userAssignedIdentities: { [puller()]: {} } },
      imageRegistryCredentials: [{ server, identity: puller() }],
    });

    it('is refused by a rule of its subnet, which no endpoint carries it to, and nothing of it stays', async () => {
      await allow({ subnets: ['aci', 'nodes'] });
      const { state, json } = await create('carried', byPassword());
      assert.equal(state, 'Failed');
      assert.match(JSON.stringify(json), /InaccessibleImage.*carried/);
      assert.equal(
        (await arm.ask('GET', idOf(GROUPS, 'carried'), undefined, { apiVersion: '2023-05-01' })).status,
        404,
      );
    });

    it('is not trusted where subnets are named, whatever its identity', async () => {
      await allow({ subnets: ['aci'], addresses: ['203.0.113.9'] });
      assert.equal((await create('void', byIdentity())).state, 'Failed');
    });

    it('is a trusted service with an identity, where addresses are named, and not without', async () => {
      await allow({ addresses: ['203.0.113.9'] });
      assert.equal((await create('untrusted', byPassword())).state, 'Failed');
      // A password to the registry is in no file as it is.
      const kept = await run('grep', [
        '--recursive',
        '--files-with-matches',
        '--fixed-strings',
        password,
        seawall.dataDir,
        '--exclude-dir=machines',
      ]).catch(() => ({ stdout: '' }));
      assert.equal(kept.stdout, '');
      const { state, json } = await create('trusted', byIdentity());
      assert.equal(state, 'Succeeded', JSON.stringify(json));
      assert.deepEqual(faultsOf(GROUPS, '2023-05-01', json), []);
    });

    it('really runs: its state, its exit code and what it printed', async () => {
      const options = { apiVersion: '2023-05-01' };
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        const json = JSON.stringify(await arm.must('GET', idOf(GROUPS, 'trusted'), undefined, options));
        if (/"state":"Succeeded"/.test(json)) {
          assert.match(json, /"currentState":\{"state":"Terminated".*"exitCode":0/);
          break;
        }
        assert.ok(Date.now() < deadline, json);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      const { content } = await arm.must('GET', `${idOf(GROUPS, 'trusted')}/containers/one/logs`, undefined, options);
      assert.match(String(content), /Hello from Docker!/);
      const { content: tail } = await arm.must(
        'GET',
        `${idOf(GROUPS, 'trusted')}/containers/one/logs?tail=2`,
        undefined,
        options,
      );
      assert.match(String(tail), /^for something from outside\.\n+$/);
    });

    it('goes, with its host', async () => {
      await arm.must('DELETE', idOf(GROUPS, 'trusted'), undefined, { apiVersion: '2023-05-01' });
      const { value } = await arm.must('GET', idOf('Microsoft.ContainerInstance', 'containerGroups'), undefined, {
        apiVersion: '2023-05-01',
      });
      assert.deepEqual(value, []);
    });
  });
});
