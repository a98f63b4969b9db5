import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import { renderProblem } from './problem.ts';
import type { Form } from './setting.ts';
import type { Sources } from './sources.ts';

type Given = {
  readonly form?: Form;
  readonly flags?: Sources['flags'];
  readonly env?: Sources['env'];
  readonly file?: unknown;
};

/** Loads with a real file when one is given; answers the configuration or the lines of its refusal. */
async function load({ form = 'up', flags = {}, env = {}, file }: Given): Promise<Config | readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'seawall-config-'));
  try {
    const path = join(directory, 'c.json');
    if (file !== undefined) await writeFile(path, typeof file === 'string' ? file : JSON.stringify(file));
    const loaded = await loadConfig(form, { flags: file === undefined ? flags : { config: path, ...flags }, env });
    if (loaded.kind === 'loaded') return loaded.config;
    return loaded.problems.map((problem) => renderProblem(problem).replace(path, 'FILE'));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function loaded(given: Given): Promise<Config> {
  const config = await load(given);
  assert.ok('form' in config, `refused: ${JSON.stringify(config)}`);
  return config;
}

async function refused(given: Given): Promise<string> {
  const lines = await load(given);
  assert.ok(!('form' in lines), 'was not refused');
  return lines.join('\n');
}

describe('where settings come from', () => {
  it('needs no configuration: up serves myregistry with its admin user', async () => {
    const config = await loaded({});
    assert.equal(config.dataDir, './data');
    assert.deepEqual(config.registry, { host: '127.0.0.1', port: 5443 });
    assert.deepEqual(config.control, { host: '127.0.0.1', port: 8443 });
    assert.deepEqual(config.hostsFile, { kind: 'auto' });
    assert.deepEqual(
      config.registries.map(({ name, sku, adminUserEnabled }) => [name, sku, adminUserEnabled]),
      [['myregistry', 'Premium', true]],
    );
  });

  it('declares nothing by itself in serve, and leaves the hosts file alone', async () => {
    const config = await loaded({ form: 'serve' });
    assert.deepEqual(config.registries, []);
    assert.deepEqual(config.hostsFile, { kind: 'off' });
  });

  it('lets a flag outrank a variable, and a variable the file', async () => {
    const file = { data: '/file', registrySuffix: 'file.test', logLevel: 'debug' };
    const env = { SEAWALL_DATA: '/env', SEAWALL_REGISTRY_SUFFIX: 'env.test' };
    const config = await loaded({ file, env, flags: { data: '/flag' } });
    assert.deepEqual([config.dataDir, config.registrySuffix, config.log.level], ['/flag', 'env.test', 'debug']);
  });

  it('says of each value where it came from, and of a default nothing', async () => {
    const result = await loadConfig('up', {
      flags: { data: '/d' },
      env: { SEAWALL_LOG_FORMAT: 'json', SEAWALL_CONTROL: '' },
    });
    assert.ok(result.kind === 'loaded');
    assert.deepEqual(result.origins.get('data'), { kind: 'flag', name: '--data' });
    assert.deepEqual(result.origins.get('logFormat'), { kind: 'environment', name: 'SEAWALL_LOG_FORMAT' });
    assert.equal(result.origins.get('control'), undefined);
  });

  it('warns of a variable that is no setting, and does not refuse it: clusters set such by themselves', async () => {
    const result = await loadConfig('up', { flags: {}, env: { SEAWALL_REGISTY: '127.0.0.1:1' } });
    assert.equal(result.kind, 'loaded');
    assert.deepEqual(result.warnings, [
      'variable SEAWALL_REGISTY is no setting and is ignored; did you mean SEAWALL_REGISTRY?',
    ]);
  });

  it('reads registries from a variable as JSON', async () => {
    const config = await loaded({ env: { SEAWALL_REGISTRIES: '[{"name":"contoso","sku":"Basic"}]' } });
    assert.deepEqual(config.registries, [
      {
        name: 'contoso',
        sku: 'Basic',
        adminUserEnabled: false,
        anonymousPullEnabled: false,
        allowSparseManifests: false,
        scopeMaps: [],
        tokens: [],
      },
    ]);
  });
});

describe('a value that is not allowed', () => {
  const rows: readonly (readonly [string, Given, RegExp])[] = [
    [
      'names setting, value, flag and form',
      { flags: { registry: 'nowhere' } },
      /^registry = "nowhere" \(flag --registry\) must be HOST:PORT/,
    ],
    [
      'of a variable names the variable',
      { env: { SEAWALL_PUBLIC_PORT: '0' } },
      /^publicPort = "0" \(variable SEAWALL_PUBLIC_PORT\) must be a port from 1/,
    ],
    [
      'of a file names the file',
      { file: { maxBlobBytes: -1 } },
      /^maxBlobBytes = -1 \(file FILE\) must be a whole number of bytes/,
    ],
    ['may be a URL that carries a path', { flags: { controlPublicUrl: 'https://a.test/x' } }, /without path/],
    [
      'may be a URL that carries a password',
      { flags: { controlPublicUrl: 'https://u:p@a.test' } },
      /without path, query and user/,
    ],
    [
      'may be an unknown key, with the nearest known',
      { file: { regsitry: 'x' } },
      /^regsitry \(file FILE\) is not a setting; did you mean registry\?$/,
    ],
    [
      'may be a secret, whose value is not repeated',
      { file: { adminPassword: 'hunter2' } },
      /^adminPassword \(file FILE\) is not a setting: the configuration holds no secrets/,
    ],
    ['may be a file that is not JSON', { file: '{' }, /^config = .* is not JSON/],
    ['may be a file that is a list', { file: [] }, /must be one JSON object/],
    [
      'may be a file that is not there',
      { flags: { config: '/no/such/file' } },
      /^config = "\/no\/such\/file" \(flag --config\) cannot be read: ENOENT/,
    ],
    [
      'may be the name of a registry',
      { file: { registries: [{ name: 'No' }] } },
      /^registries\[0\].name = "No" \(file FILE\) must be 5 to 50 lower-case letters and digits$/,
    ],
    [
      'may be a registry without name',
      { file: { registries: [{}] } },
      /^registries\[0\] = \{\} \(file FILE\) must be an object with name$/,
    ],
    [
      'may be a tier',
      { file: { registries: [{ name: 'contoso', sku: 'Gold' }] } },
      /must be Basic or Standard or Premium$/,
    ],
    [
      'may be an unknown key of a registry',
      { file: { registries: [{ name: 'contoso', adminUserEnable: true }] } },
      /^registries\[0\].adminUserEnable \(file FILE\) is not a setting; did you mean adminUserEnabled\?$/,
    ],
    [
      'may be an action',
      { file: { registries: [{ name: 'contoso', scopeMaps: [{ name: 'build', actions: ['pull'] }] }] } },
      /^registries\[0\].scopeMaps\[0\].actions\[0\] = "pull" .* must be repositories\/NAME\//,
    ],
    [
      'may be an action on a repository with a star inside',
      {
        file: {
          registries: [
            { name: 'contoso', scopeMaps: [{ name: 'build', actions: ['repositories/te*m/content/read'] }] },
          ],
        },
      },
      /actions\[0\] = "repositories\/te\*m\/content\/read" .* must be repositories\/NAME\//,
    ],
    [
      'may be a variable that is not JSON',
      { env: { SEAWALL_REGISTRIES: 'contoso' } },
      /^registries = "contoso" .* must be of type array$/,
    ],
  ];
  for (const [name, given, message] of rows) it(name, async () => assert.match(await refused(given), message));

  it('never repeats what looks like a secret', async () => {
    assert.doesNotMatch(await refused({ file: { clientSecret: 'hunter2' } }), /hunter2/);
  });

  it('does not hide the next one: all are told at once', async () => {
    const lines = await refused({ flags: { registry: 'x', control: 'y', logLevel: 'loud' } });
    assert.equal(lines.split('\n').length, 3);
  });
});

describe('settings that contradict each other', () => {
  const two = [{ name: 'contoso' }, { name: 'fabrikam' }];
  const map = { name: 'build', actions: ['repositories/team/app/content/read'] };
  const withToken = (token: object): unknown => ({
    registries: [{ name: 'contoso', scopeMaps: [map], tokens: [token] }],
  });
  const rows: readonly (readonly [string, Given, Given, RegExp])[] = [
    [
      'a certificate without its key',
      { flags: { tlsCert: 'c', tlsKey: 'k' } },
      { flags: { tlsCert: 'c' } },
      /^tlsCert \(flag --tls-cert\) needs tlsKey/,
    ],
    [
      'a key without its certificate',
      { flags: { controlTlsCert: 'c', controlTlsKey: 'k' } },
      { flags: { controlTlsKey: 'k' } },
      /^controlTlsKey .* needs controlTlsCert/,
    ],
    [
      'one address twice',
      { flags: { registry: '[::1]:0', control: '[::1]:0' } },
      { flags: { registry: '[::1]:1', control: '[::1]:1' } },
      /^control .* is also the address of registry/,
    ],
    [
      'a hosts file in serve',
      { form: 'serve', flags: { hostsFile: 'off' } },
      { form: 'serve', flags: { hostsFile: 'auto' } },
      /never touches/,
    ],
    [
      'one public host for two registries',
      { flags: { publicHost: 'a.test' }, file: { registries: two.slice(1) } },
      { flags: { publicHost: 'a.test' }, file: { registries: two } },
      /names one registry, but 2/,
    ],
    [
      'a name twice',
      { file: { registries: two } },
      { file: { registries: [...two, ...two.slice(1)] } },
      /^registries\[2\].name \(file FILE\) is "fabrikam" for the second time/,
    ],
    [
      'a scope map that is not declared',
      { file: withToken({ name: 'robot', scopeMap: 'build' }) },
      { file: withToken({ name: 'robot', scopeMap: 'biuld' }) },
      /tokens\[0\].scopeMap .*scopeMaps declares build/,
    ],
    [
      'a token named like the admin user',
      { file: withToken({ name: 'contosos', scopeMap: 'build' }) },
      { file: withToken({ name: 'contoso', scopeMap: 'build' }) },
      /a user of the registry already/,
    ],
    [
      'anonymous pull of the basic tier, as in Azure',
      { form: 'serve', file: { registries: [{ name: 'contoso', sku: 'Basic', anonymousPullEnabled: true }] } },
      { file: { registries: [{ name: 'contoso', sku: 'Basic', anonymousPullEnabled: true }] } },
      /needs sku Standard or Premium/,
    ],
  ];
  for (const [name, allowed, denied, message] of rows)
    it(`${name} is refused, its nearest neighbour is not`, async () => {
      await loaded(allowed);
      assert.match(await refused(denied), message);
    });
});
