import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '../config/load.ts';
import type { SettingKey } from '../config/setting.ts';
import { Database } from '../sqlite/database.ts';
import { askControl } from '../testkit/control-client.ts';
import { startSeawall } from '../testkit/start-seawall.ts';
import { type RunningServer, StartRefusedError } from './ready.ts';
import { startServer } from './start.ts';

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'seawall-test-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Starts a server on any ports, as the production form does unless told otherwise. */
async function serve(
  folder: string,
  form: 'up' | 'serve' = 'serve',
  settings: Partial<Record<SettingKey, string>> = {},
): Promise<RunningServer> {
  const flags = {
    data: join(folder, 'data'),
    registry: '127.0.0.1:0',
    control: '127.0.0.1:0',
    logLevel: 'error',
    ...(form === 'up' ? { hostsFile: 'off', lab: 'off' } : {}),
    ...settings,
  };
  const loaded = await loadConfig(form, { flags, env: {} });
  assert.ok(loaded.kind === 'loaded');
  return startServer(loaded.config, { onFatal: (error) => assert.fail(error), ofProcess: false });
}

async function stateOf(running: RunningServer): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(running.ready.stateFile, 'utf8'));
}

describe('a server that starts', () => {
  it('writes a state file for its owner alone, and takes it away when it stops', async () => {
    await withFolder(async (folder) => {
      const running = await serve(folder, 'up');
      const { stateFile } = running.ready;
      assert.equal((await stat(stateFile)).mode & 0o777, 0o600);
      const state = await stateOf(running);
      assert.deepEqual(Object.keys(state).toSorted(), [
        'authority',
        'caFile',
        'clientId',
        'clientSecret',
        'control',
        'loginServers',
        'pid',
        'registries',
        'registryAddress',
        'registryPort',
        'registrySuffix',
        ...(process.platform === 'linux' ? ['startTicks'] : []),
        'subscriptionId',
        'tenantId',
      ]);
      await running.close();
      await assert.rejects(stat(stateFile), { code: 'ENOENT' });
    });
  });

  it('shows the secret of its owner in the production form once, and never writes it down', async () => {
    await withFolder(async (folder) => {
      const first = await serve(folder);
      assert.ok(first.ready.bootstrap !== undefined);
      assert.equal((await stateOf(first))['clientSecret'], undefined);
      await first.close();
      const second = await serve(folder);
      assert.equal(second.ready.bootstrap, undefined);
      assert.equal((await stateOf(second))['clientId'], first.ready.bootstrap.clientId);
      await second.close();
    });
  });

  it('keeps the same secret of its owner in the rehearsal form', async () => {
    await withFolder(async (folder) => {
      const first = await serve(folder, 'up');
      const before = await stateOf(first);
      await first.close();
      const second = await serve(folder, 'up');
      assert.equal((await stateOf(second))['clientSecret'], before['clientSecret']);
      await second.close();
    });
  });

  it('refuses a folder that another server serves from, and takes it when that has stopped', async () => {
    await withFolder(async (folder) => {
      const first = await serve(folder);
      await assert.rejects(serve(folder), (error) => {
        assert.ok(error instanceof StartRefusedError);
        assert.match(error.message, /another seawall serves from .*--data/);
        return true;
      });
      await first.close();
      await (await serve(folder)).close();
    });
  });

  it('refuses data of a newer version, saying both, and leaves it as it was', async () => {
    await withFolder(async (folder) => {
      await (await serve(folder)).close();
      const path = join(folder, 'data', 'metadata.db');
      using database = new Database(path, 'write');
      database.exec('PRAGMA user_version = 999');
      await assert.rejects(serve(folder), (error) => error instanceof StartRefusedError && /999/.test(error.message));
      assert.equal(database.get<{ user_version: number }>('PRAGMA user_version')?.user_version, 999);
    });
  });

  it('refuses a certificate that is not there, naming the file', async () => {
    await withFolder(async (folder) => {
      const absent = join(folder, 'absent.pem');
      await assert.rejects(serve(folder, 'serve', { tlsCert: absent, tlsKey: absent }), (error) => {
        assert.ok(error instanceof StartRefusedError);
        assert.match(error.message, /absent\.pem/);
        return true;
      });
      await (await serve(folder)).close();
    });
  });
});

describe('a server behind a balancer', () => {
  it('names itself by its public host and port, whatever it listens on and whatever Host has for a port', async () => {
    const settings = { publicHost: 'registry.example', publicPort: '443' };
    await using seawall = await startSeawall({ settings });
    const onRegistry = { ...seawall, ca: seawall.ca, control: `https://127.0.0.1:${seawall.listenPort}` };
    const named = await askControl(onRegistry, 'GET', '/v2/', { headers: { host: 'registry.example:8080' } });
    assert.equal(named.status, 401);
    assert.equal(
      named.headers['www-authenticate'],
      'Bearer realm="https://registry.example/oauth2/token",service="registry.example"',
    );
    const inner = await askControl(onRegistry, 'GET', '/v2/', { headers: { host: 'myregistry.azurecr.localhost' } });
    assert.equal(inner.status, 421);
  });
});

describe('the control listener', () => {
  it('tells that the server lives and is ready, and what it has done, without sign-in', async () => {
    await using seawall = await startSeawall();
    assert.equal((await askControl(seawall, 'GET', '/livez')).status, 200);
    assert.deepEqual((await askControl(seawall, 'GET', '/readyz')).json(), { ready: true });
    const { text } = await askControl(seawall, 'GET', '/metrics');
    assert.match(text, /seawall_http_requests_total\{listener="control",route="livez",method="GET",status="2xx"\} 1/);
    assert.match(text, /seawall_uploads_open 0/);
  });

  it('refuses other paths and methods in the form of the management API', async () => {
    await using seawall = await startSeawall();
    const unknown = await askControl(seawall, 'GET', '/nothing');
    assert.equal(unknown.status, 404);
    assert.match(unknown.text, /"error":\{"code":"ResourceNotFound"/);
    assert.equal((await askControl(seawall, 'POST', '/livez')).status, 405);
  });
});
