import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tokenOf } from '../../src/testkit/control-client.ts';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf, codeOf } from './arm.ts';
import { startWithGroup } from './group.ts';
import { askRegistry } from './data-plane.ts';

const CONTRIBUTOR = 'b24988ac-6180-42a0-ab88-20f7382dd24c';
const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

describe('a template that asks for credentials', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let group: string;
  before(async () => {
    ({ seawall, arm, group } = await startWithGroup('listed'));
  });
  after(() => seawall.close());

  const registryOf = (name: string): string => `${group}/providers/Microsoft.ContainerRegistry/registries/${name}`;
  const resource = (name: string, adminUserEnabled = true): object => ({
    type: 'Microsoft.ContainerRegistry/registries',
    apiVersion: '2023-07-01',
    name,
    location: 'westeurope',
    sku: { name: 'Premium' },
    properties: { adminUserEnabled },
  });
  const listed = (of: string, member = '.passwords[0].value'): object => ({
    secret: { type: 'string', value: `[listCredentials(${of}, '2023-07-01')${member}]` },
  });
  const idIn = (name: string): string => `resourceId('Microsoft.ContainerRegistry/registries', '${name}')`;
  const deploy = (template: object, by = arm, verb = ''): ReturnType<Arm['ask']> =>
    by.ask(verb === '' ? 'PUT' : 'POST', `${group}/providers/Microsoft.Resources/deployments/d${verb}`, {
      properties: { mode: 'Incremental', template: { contentVersion: '1.0.0.0', ...template } },
    });
  const secretOf = (answer: Awaited<ReturnType<Arm['ask']>>): string => {
    assert.ok(answer.status < 300, answer.text);
    const { outputs } = answer.json()['properties'] as {
      readonly outputs: { readonly secret: { readonly value: string } };
    };
    return outputs.secret.value;
  };
  const login = async (name: string, password: string): Promise<number> =>
    (await askRegistry(seawall, name, ['GET', '/v2/'], { auth: `${name}:${password}` })).status;

  it('of a registry that it makes is told what signs in there, then and after a restart', async () => {
    const template = { resources: [resource('fresh1')], outputs: listed(idIn('fresh1')) };
    assert.equal((await deploy(template, arm, '/whatIf')).status, 200);
    const secret = secretOf(await deploy(template));
    assert.deepEqual([await login('fresh1', secret), await login('fresh1', `${secret}x`)], [200, 401]);
    assert.equal(secretOf(await deploy(template)), secret);
    assert.doesNotMatch(JSON.stringify(await arm.must('GET', registryOf('fresh1'))), /sealed|password/i);
    await seawall.restart();
    arm = await armOf(seawall);
    assert.equal(await login('fresh1', secret), 200);
    await arm.must('POST', `${registryOf('fresh1')}/regenerateCredential`, { name: 'password' });
    assert.notEqual(secretOf(await deploy(template)), secret);
    await arm.must('DELETE', registryOf('fresh1'));
    const anew = secretOf(await deploy(template));
    assert.deepEqual([await login('fresh1', anew), await login('fresh1', secret)], [200, 401]);
  });

  it('knows the registry by its symbol too, within another resource, which then comes after it', async () => {
    await deploy({ resources: [resource('holder1')] });
    const hook = {
      type: 'Microsoft.ContainerRegistry/registries/webhooks',
      apiVersion: '2023-07-01',
      name: 'holder1/hook1',
      location: 'westeurope',
      properties: {
        serviceUri: 'https://example.com/',
        actions: ['push'],
        customHeaders: { password: "[listCredentials('registry', '2023-07-01').passwords[1].value]" },
      },
    };
    const resources = { hook, registry: resource('symbol1') };
    const secret = secretOf(
      await deploy({ languageVersion: '2.0', resources, outputs: listed("'registry'", '.passwords[1].value') }),
    );
    assert.equal(await login('symbol1', secret), 200);
    const { customHeaders } = await arm.must('POST', `${registryOf('holder1')}/webhooks/hook1/getCallbackConfig`);
    assert.deepEqual(customHeaders, { password: secret });
  });

  it('is told right of a registry that the same deployment writes again afterwards', async () => {
    const nested = {
      type: 'Microsoft.Resources/deployments',
      apiVersion: '2022-09-01',
      name: 'again',
      properties: {
        mode: 'Incremental',
        expressionEvaluationOptions: { scope: 'inner' },
        parameters: { secret: { value: `[listCredentials(${idIn('written2')}, '2023-07-01').passwords[0].value]` } },
        template: {
          contentVersion: '1.0.0.0',
          parameters: { secret: { type: 'string' } },
          resources: [resource('written2')],
          outputs: { secret: { type: 'string', value: "[parameters('secret')]" } },
        },
      },
    };
    const outputs = { secret: { type: 'string', value: "[reference('again').outputs.secret.value]" } };
    const secret = secretOf(await deploy({ resources: [nested, resource('written2')], outputs }));
    assert.equal(await login('written2', secret), 200);
  });

  it('is refused where the admin user is off, where there is no such list, and to who may not ask', async () => {
    const off = await deploy({ resources: [resource('turnedoff', false)], outputs: listed(idIn('turnedoff')) });
    assert.match(off.text, /admin user is disabled/);
    assert.equal((await arm.ask('GET', registryOf('turnedoff'))).status, 404);
    const none = await deploy({
      resources: [resource('nokeys1')],
      outputs: { keys: { type: 'object', value: `[listKeys(${idIn('nokeys1')}, '2023-07-01')]` } },
    });
    assert.deepEqual([none.status, codeOf(none)], [400, 'InvalidTemplate'], none.text);
    assert.match(
      none.text,
      /'listkeys' is not valid for Microsoft\.ContainerRegistry\/registries: there is listCredentials/i,
    );
    await deploy({ resources: [resource('theirs1')] });
    const made = await arm.must('POST', '/seawall/principals', { displayName: 'deployer' }, { apiVersion: '' });
    const scopes = [
      [`${group}x`, CONTRIBUTOR, '1'],
      [registryOf('theirs1'), READER, '2'],
    ] as const;
    await arm.must('PUT', `${group}x`, { location: 'westeurope' });
    for (const [scope, role, n] of scopes)
      await arm.must(
        'PUT',
        `${scope}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000000${n}`,
        {
          properties: {
            roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${role}`,
            principalId: made['objectId'],
          },
        },
      );
    const secret = { clientId: String(made['clientId']), secret: String(made['secret']) };
    const other = await armOf(seawall, await tokenOf(seawall, secret));
    const template = { contentVersion: '1.0.0.0', resources: [], outputs: listed(`'${registryOf('theirs1')}'`) };
    const refused = await other.ask('PUT', `${group}x/providers/Microsoft.Resources/deployments/d`, {
      properties: { mode: 'Incremental', template },
    });
    assert.match(refused.text, /AuthorizationFailed.*listCredentials\/action/);
  });
});
