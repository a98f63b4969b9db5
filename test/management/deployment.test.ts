import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { tokenOf } from '../../src/testkit/control-client.ts';
import { listenHttp } from '../../src/testkit/http-listener.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf, codeOf } from './arm.ts';
import { startWithGroup } from './group.ts';

const ARTICLE = join(import.meta.dirname, '..', '..', 'examples', 'article.json');
const SCHEMA = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#';

interface Operation {
  readonly properties: {
    readonly provisioningOperation: string;
    readonly provisioningState: string;
    readonly statusCode: string;
    readonly targetResource?: { readonly resourceName: string };
    readonly statusMessage?: { readonly error: { readonly code: string } };
  };
}

interface Recorded {
  readonly templateHash: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly providers: readonly { readonly namespace: string }[];
  readonly dependencies: readonly {
    readonly resourceName: string;
    readonly dependsOn: readonly { readonly resourceName: string }[];
  }[];
}

const KEY = `ssh-ed25519 ${Buffer.from('\0\0\0\u000bssh-ed25519 and the key itself, whatever it is').toString('base64')} me`;

describe('a deployment', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let group: string;
  before(async () => {
    ({ seawall, arm, group } = await startWithGroup('deployed'));
  });
  after(() => seawall.close());

  const path = (name: string): string => `${group}/providers/Microsoft.Resources/deployments/${name}`;
  const body = (template: object, more: object = {}): object => ({
    properties: { mode: 'Incremental', template: { $schema: SCHEMA, contentVersion: '1.0.0.0', ...template }, ...more },
  });
  const outputsOf = (answer: Record<string, unknown>): Record<string, { readonly value: unknown }> =>
    (answer['properties'] as { readonly outputs: Record<string, { readonly value: unknown }> }).outputs;

  it('of the article makes a locked registry, changes nothing the second time, and goes with its group', async () => {
    const template: object = JSON.parse(await readFile(ARTICLE, 'utf8'));
    const parameters = { registryName: { value: 'articleregistry' }, adminPublicKey: { value: KEY } };
    const answer = await arm.must('PUT', path('article'), {
      properties: { mode: 'Incremental', template, parameters },
    });
    assert.match(String(outputsOf(answer)['loginServer']?.value), /^articleregistry\./);
    const registry = await arm.must('GET', `${group}/providers/Microsoft.ContainerRegistry/registries/articleregistry`);
    const { networkRuleSet } = registry['properties'] as {
      readonly networkRuleSet: { readonly defaultAction: string };
    };
    assert.equal(networkRuleSet.defaultAction, 'Deny');
    const again = await arm.must('POST', `${path('article')}/whatIf`, {
      properties: { mode: 'Incremental', template, parameters },
    });
    const { changes } = again['properties'] as { readonly changes: readonly { readonly changeType: string }[] };
    assert.deepEqual(
      changes.map(({ changeType }) => changeType),
      Array.from({ length: 6 }, () => 'NoChange'),
    );
    for (const below of ['providers/Microsoft.Resources/deployments', 'deployments']) {
      const { value } = await arm.must('GET', `${group}/${below}/article/operations`);
      assert.deepEqual(
        (value as readonly Operation[]).map(({ properties }) => [
          properties.provisioningOperation,
          properties.statusCode,
          properties.targetResource?.resourceName,
        ]),
        [
          ['Create', 'Created', 'myDockerVMVNET'],
          ['Create', 'Created', 'articleregistry'],
          ['Create', 'Created', 'myDockerVMNSG'],
          ['Create', 'Created', 'myDockerVMPublicIP'],
          ['Create', 'Created', 'myDockerVMVMNic'],
          ['Create', 'Created', 'myDockerVM'],
          ['EvaluateDeploymentOutput', 'OK', undefined],
        ],
      );
    }
    const short = await arm.must('POST', `${path('article')}/whatIf`, {
      properties: { mode: 'Incremental', template, parameters, whatIfSettings: { resultFormat: 'ResourceIdOnly' } },
    });
    assert.doesNotMatch(JSON.stringify(short), /"after"|NoChange/);
    assert.match(JSON.stringify(short), /"changeType":"Deploy"/);
    assert.deepEqual(await arm.must('POST', `${path('article')}/exportTemplate`), { template });
    const { properties: record } = (await arm.must('GET', path('article'))) as { readonly properties: Recorded };
    assert.deepEqual(
      record.providers.map(({ namespace }) => namespace),
      ['Microsoft.Network', 'Microsoft.ContainerRegistry', 'Microsoft.Compute'],
    );
    assert.deepEqual(
      record.dependencies.map(({ resourceName, dependsOn }) => [
        resourceName,
        ...dependsOn.map((one) => one.resourceName),
      ]),
      [
        ['articleregistry', 'myDockerVMVNET'],
        ['myDockerVMVMNic', 'myDockerVMVNET', 'myDockerVMNSG', 'myDockerVMPublicIP'],
        ['myDockerVM', 'myDockerVMVMNic'],
      ],
    );
    const other = { ...parameters, registryName: { value: 'anotherregistry' } };
    const elsewhere = await arm.must('POST', `${path('x')}/whatIf`, {
      properties: { mode: 'Incremental', template, parameters: other },
    });
    assert.match(JSON.stringify(elsewhere), /"changeType":"Create"/);
    assert.equal((await arm.ask('DELETE', path('article'))).status, 204, 'az takes no 200');
  });

  it('that fails leaves its record and nothing else', async () => {
    const network = (name: string, prefix: string): object => ({
      type: 'Microsoft.Network/virtualNetworks',
      apiVersion: '2022-07-01',
      name,
      location: 'westeurope',
      properties: { addressSpace: { addressPrefixes: [prefix] } },
    });
    const failed = await arm.ask(
      'PUT',
      path('failed'),
      body({
        parameters: {
          p: { type: 'string', defaultValue: 'kept' },
          s: { type: 'secureString', defaultValue: 'hidden' },
        },
        resources: [network('good', '10.1.0.0/16'), network('bad', '10.1.0.1/16')],
      }),
    );
    assert.deepEqual([failed.status, codeOf(failed)], [409, 'DeploymentFailed']);
    assert.match(failed.text, /10\.1\.0\.1\/16/);
    assert.equal((await arm.ask('GET', `${group}/providers/Microsoft.Network/virtualNetworks/good`)).status, 404);
    const record = await arm.must('GET', path('failed'));
    assert.match(JSON.stringify(record), /"provisioningState":"Failed"/);
    assert.match(JSON.stringify(record), /"p":\{"type":"String","value":"kept"\}/);
    assert.doesNotMatch(JSON.stringify(record), /hidden/);
    const { value } = await arm.must('GET', `${path('failed')}/operations`);
    assert.deepEqual(
      (value as readonly Operation[]).map(({ properties: one }) => [
        one.targetResource?.resourceName,
        one.provisioningState,
        one.statusCode,
        one.statusMessage?.error.code,
      ]),
      [
        ['good', 'Canceled', 'Conflict', undefined],
        ['bad', 'Failed', 'BadRequest', 'InvalidAddressPrefixFormat'],
      ],
    );
  });

  it('has one hash for one template, in whatever order its members stand', async () => {
    const hash = async (name: string, resources: object): Promise<string> => {
      await arm.must('PUT', path(name), body({ outputs: { a: { type: 'int', value: 1 }, b: resources } }));
      return ((await arm.must('GET', path(name))) as { readonly properties: Recorded }).properties.templateHash;
    };
    const first = await hash('hash', { type: 'int', value: 2 });
    assert.equal(await hash('hash', { value: 2, type: 'int' }), first);
    assert.notEqual(await hash('hash', { value: 3, type: 'int' }), first);
  });

  const SETTINGS: readonly (readonly [string, object, RegExp | undefined])[] = [
    ['a debug setting of none', { debugSetting: { detailLevel: 'none' } }, undefined],
    ['a debug setting that would keep bodies', { debugSetting: { detailLevel: 'requestContent' } }, /debugSetting/],
    ['validation by providers', { validationLevel: 'Provider' }, undefined],
    ['validation of nobody knows what', { validationLevel: 'Some' }, /validationLevel/],
    [
      'a scope of evaluation, which only nested ones have',
      { expressionEvaluationOptions: { scope: 'inner' } },
      /expressionEvaluationOptions/,
    ],
    ['a link to a template spec', { templateLink: { id: '/subscriptions/x' } }, /templateLink.*template specs/],
  ];
  for (const [name, more, why] of SETTINGS)
    it(`with ${name} is ${why === undefined ? 'taken' : 'refused'}`, async () => {
      const answer = await arm.ask('PUT', path('settings'), body({ resources: [] }, more));
      assert.equal(answer.status < 300, why === undefined, answer.text);
      if (why !== undefined) assert.match(answer.text, why);
    });

  it('is validated by its template alone where that is asked, and by its resources where not', async () => {
    const template = {
      resources: [
        {
          type: 'Microsoft.Network/virtualNetworks',
          apiVersion: '2022-07-01',
          name: 'bad',
          location: 'westeurope',
          properties: { addressSpace: { addressPrefixes: ['10.1.0.1/16'] } },
        },
      ],
    };
    const alone = await arm.must('POST', `${path('v')}/validate`, body(template, { validationLevel: 'Template' }));
    assert.match(JSON.stringify(alone), /virtualNetworks\/bad/);
    const whole = await arm.ask('POST', `${path('v')}/validate`, body(template));
    assert.deepEqual([whole.status, codeOf(whole)], [409, 'DeploymentFailed']);
  });

  it('that is nested and fails leaves a record of its own', async () => {
    const nested = {
      type: 'Microsoft.Resources/deployments',
      apiVersion: '2021-04-01',
      name: 'inner',
      properties: {
        mode: 'Incremental',
        expressionEvaluationOptions: { scope: 'inner' },
        template: {
          $schema: SCHEMA,
          contentVersion: '1.0.0.0',
          resources: [],
          outputs: { a: { type: 'string', value: '[nothing()]' } },
        },
      },
    };
    assert.equal((await arm.ask('PUT', path('outer'), body({ resources: [nested] }))).status, 409);
    for (const name of ['outer', 'inner'])
      assert.match(JSON.stringify(await arm.must('GET', path(name))), /"provisioningState":"Failed"/);
  });

  const OUTPUTS: readonly (readonly [string, string, unknown])[] = [
    ['nested calls', "[concat('a', toUpper(substring('xyz', 1, 1)))]", 'aY'],
    [
      'a lambda',
      "[map(filter(range(0, 5), lambda('i', greater(lambdaVariables('i'), 2))), lambda('i', mul(lambdaVariables('i'), 2)))]",
      [6, 8],
    ],
    ['an if, which leaves the other branch alone', "[if(true(), 'yes', fail('never'))]", 'yes'],
    ['safe access to what is not there', "[coalesce(tryGet(createObject('a', 1), 'b'), 'none')]", 'none'],
    [
      'an object union',
      "[union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2)))]",
      { a: { x: 1, y: 2 } },
    ],
    ['a format', "[format('{0}-{1:D3}', 'n', 7)]", 'n-007'],
    ['an escaped bracket', '[[not an expression]', '[not an expression]'],
    ['a quote', "[concat('it''s')]", "it's"],
    ['a cidr', "[cidrSubnet('10.0.0.0/16', 24, 3)]", '10.0.3.0/24'],
  ];
  it('evaluates expressions', async () => {
    const outputs = Object.fromEntries(OUTPUTS.map(([, value], i) => [`o${i}`, { type: 'object', value }]));
    const answer = await arm.must('PUT', path('expressions'), body({ resources: [], outputs }));
    for (const [i, [name, , expected]] of OUTPUTS.entries())
      assert.deepEqual(outputsOf(answer)[`o${i}`]?.value, expected, name);
  });

  const WRONG: readonly (readonly [string, object, RegExp])[] = [
    [
      'an unknown function',
      { resources: [], outputs: { a: { type: 'string', value: '[frobnicate()]' } } },
      /'frobnicate' is not valid/,
    ],
    [
      'an expression that does not end',
      { resources: [], outputs: { a: { type: 'string', value: "[concat('a']" } } },
      /position/,
    ],
    ['a parameter without a value', { parameters: { p: { type: 'string' } }, resources: [] }, /'p' is not provided/],
    ['an unknown member', { resources: [], colour: 1 }, /'colour'/],
  ];
  for (const [name, template, why] of WRONG)
    it(`with ${name} is refused`, async () => {
      const refused = await arm.ask('PUT', path('wrong'), body(template));
      assert.equal(refused.status, 400);
      assert.match(refused.text, why);
    });

  it('unrolls loops, leaves out what is not wanted, and puts each after what it needs', async () => {
    const template = {
      languageVersion: '2.0',
      parameters: { with: { type: 'bool', defaultValue: false } },
      resources: {
        subnets: {
          copy: { name: 'subnets', count: 2 },
          type: 'Microsoft.Network/virtualNetworks/subnets',
          apiVersion: '2022-07-01',
          name: "[format('looped/s{0}', copyIndex())]",
          properties: { addressPrefix: "[format('10.5.{0}.0/24', copyIndex())]" },
          dependsOn: ['network'],
        },
        never: {
          condition: "[parameters('with')]",
          type: 'Microsoft.Network/virtualNetworks',
          apiVersion: '2022-07-01',
          name: "[fail('the name of what is not wanted')]",
          properties: {},
        },
        network: {
          type: 'Microsoft.Network/virtualNetworks',
          apiVersion: '2022-07-01',
          name: 'looped',
          location: 'westeurope',
          properties: { addressSpace: { addressPrefixes: ['10.5.0.0/16'] } },
        },
      },
      outputs: { second: { type: 'string', value: "[reference('subnets[1]').addressPrefix]" } },
    };
    const answer = await arm.must('PUT', path('looped'), body(template));
    assert.equal(outputsOf(answer)['second']?.value, '10.5.1.0/24');
  });

  it('in mode Complete removes what the template has not', async () => {
    const complete = await arm.ask('PUT', path('complete'), body({ resources: [] }, { mode: 'Complete' }));
    assert.equal(complete.status, 201, complete.text);
    const { value } = await arm.must('GET', `${group}/resources`);
    assert.deepEqual(value, []);
  });
});

describe('a deployment that links to its template', () => {
  const network = {
    type: 'Microsoft.Network/virtualNetworks',
    apiVersion: '2022-07-01',
    name: "[parameters('name')]",
    location: 'westeurope',
    properties: { addressSpace: { addressPrefixes: ['10.9.0.0/16'] } },
  };
  const name = { name: { type: 'string' } };
  const inner = { $schema: SCHEMA, contentVersion: '1.0.0.0', parameters: name, resources: [network] };
  const outer = {
    ...inner,
    resources: [
      {
        type: 'Microsoft.Resources/deployments',
        apiVersion: '2021-04-01',
        name: 'inner',
        properties: {
          mode: 'Incremental',
          expressionEvaluationOptions: { scope: 'inner' },
          templateLink: { relativePath: 'nested/inner.json' },
          parameters: { name: { value: "[parameters('name')]" } },
        },
      },
    ],
  };
  const DOCUMENTS: Readonly<Record<string, object>> = {
    '/t/outer.json': outer,
    '/t/nested/inner.json': inner,
    '/t/values.json': { parameters: { name: { value: 'linked' } } },
  };

  it('deploys it, with what it links to, from where the operator lets it', async () => {
    const asked: string[] = [];
    await using documents = await listenHttp((request, response) => {
      asked.push(request.url ?? '');
      const document = DOCUMENTS[request.url ?? ''];
      response.writeHead(document === undefined ? 404 : 200).end(JSON.stringify(document));
    });
    await using seawall = await startSeawall({ settings: { outboundAllow: '127.0.0.1' } });
    const arm = await armOf(seawall);
    const group = `${arm.subscription}/resourceGroups/linked`;
    await arm.must('PUT', group, { location: 'westeurope' });
    const at = (path: string): { readonly uri: string } => ({ uri: `http://127.0.0.1:${documents.port}${path}` });
    const deploy = (properties: object): ReturnType<Arm['ask']> =>
      arm.ask('PUT', `${group}/providers/Microsoft.Resources/deployments/d`, {
        properties: { mode: 'Incremental', ...properties },
      });
    const made = await deploy({ templateLink: at('/t/outer.json'), parametersLink: at('/t/values.json') });
    assert.equal(made.status, 201, made.text);
    await arm.must('GET', `${group}/providers/Microsoft.Network/virtualNetworks/linked`);
    const missing = await deploy({ templateLink: at('/t/none.json') });
    assert.deepEqual([missing.status, codeOf(missing)], [400, 'InvalidTemplateDeployment']);
    assert.match(missing.text, /none\.json.*answered 404/);
    const inside = await deploy({ templateLink: { uri: `http://[::1]:${documents.port}/t/outer.json` } });
    assert.match(inside.text, /outboundAllow/);
    const nobody = (await arm.must(
      'POST',
      '/seawall/principals',
      { displayName: 'n' },
      { apiVersion: '' },
    )) as unknown as {
      readonly clientId: string;
      readonly secret: string;
    };
    const before = asked.length;
    const other = await armOf(seawall, await tokenOf(seawall, nobody));
    const refused = await other.ask('PUT', `${group}/providers/Microsoft.Resources/deployments/d`, {
      properties: { mode: 'Incremental', templateLink: at('/t/outer.json') },
    });
    assert.equal(codeOf(refused), 'AuthorizationFailed');
    assert.equal(asked.length, before);
  });
});
