import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import type { ServerState } from '../../src/server/state-file.ts';
import { keepLog, noteSecret } from '../../src/testkit/run-log.ts';
import { ask, headerOf, jsonOf, statusOf } from './raw.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const URI_SECRET = 'uri-token-4f9a';
const HEADER_SECRET = 'header-secret-77ab';
const IMPORT_SECRET = 'import-password-19cd';

/** A server in a process of its own, that logs everything it can, used with every secret there is. */
describe('every secret of a server', () => {
  const secrets = new Map<string, string>();
  let root: string;
  let log = '';
  let kept: readonly { readonly path: string; readonly bytes: Buffer; readonly mode: number }[] = [];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'seawall-secret-'));
    await chmod(root, 0o700);
    const flags = ['--registry', '127.0.0.1:0', '--control', '127.0.0.1:0', '--hosts-file', 'off', '--lab', 'off'];
    const argv = [MAIN, 'up', '--data', root, '--log-level', 'debug', '--log-format', 'json', ...flags];
    const server = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    keepLog(server.stderr);
    const [out, err] = [text(server.stdout), text(server.stderr)];
    const ended = once(server, 'exit');
    try {
      await use(await stateOf(root, () => server.exitCode));
    } finally {
      server.kill('SIGTERM');
      await ended;
    }
    for (const [kind, secret] of secrets) noteSecret({ kind, secret });
    log = await err;
    // What is printed for the person at the terminal is not the log, and is where the first password is told.
    assert.match(await out, /docker login/);
    kept = await everyFile(root);
  });
  after(() => rm(root, { recursive: true, force: true }));

  const use = async (state: ServerState): Promise<void> => {
    const registry = { port: Number(state.registryAddress.split(':').at(-1)) };
    const control = { port: Number(new URL(state.control).port) };
    const controlHost = { host: new URL(state.control).host };
    secrets.set('the secret of the owner', state.clientSecret ?? '');
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: state.clientId,
      client_secret: state.clientSecret ?? '',
      scope: `${state.control}/.default`,
    });
    const signedIn = await ask(control, `POST /${state.tenantId}/oauth2/v2.0/token`, controlHost, form.toString());
    const token = textIn(jsonOf(signedIn), 'access_token');
    secrets.set('a token of the management API', token);
    const owner = { ...controlHost, authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const must = async (line: string, body: object | undefined, status = /^2/): Promise<unknown> => {
      const answer = await ask(control, line, owner, body === undefined ? '' : JSON.stringify(body));
      assert.match(statusOf(answer), status, `${line}: ${answer}`);
      return statusOf(answer) === '204' || answer.endsWith('\r\n\r\n') ? {} : jsonOf(answer);
    };
    const subscription = `/subscriptions/${state.subscriptionId}`;
    const id = `${subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/myregistry`;
    const version = '?api-version=2023-07-01';
    const admin = await must(`POST ${id}/listCredentials${version}`, {});
    const [first, second] = listIn(admin, 'passwords').map((one) => textIn(one, 'value'));
    secrets.set('the first password of the admin user', first ?? '');
    secrets.set('the second password of the admin user', second ?? '');
    await must(`PUT ${id}/scopeMaps/pullonly${version}`, {
      properties: { actions: ['repositories/a/content/read'] },
    });
    await must(`PUT ${id}/tokens/deploy${version}`, {
      properties: { scopeMapId: `${id}/scopeMaps/pullonly`, status: 'enabled' },
    });
    const made = await must(`POST ${id}/generateCredentials${version}`, { tokenId: `${id}/tokens/deploy` });
    secrets.set("a registry token's password", textIn(listIn(made, 'passwords')[0], 'value'));
    await must(`PUT ${id}/webhooks/hook1${version}`, {
      location: 'westeurope',
      properties: {
        serviceUri: `https://user:${URI_SECRET}@127.0.0.1:1/in?key=${URI_SECRET}`,
        customHeaders: { authorization: HEADER_SECRET },
        actions: ['push'],
      },
    });
    secrets.set('what is in the URI of a webhook', URI_SECRET);
    secrets.set('a header of a webhook', HEADER_SECRET);
    await must(`POST ${id}/webhooks/hook1/ping${version}`, {});
    await must(
      `POST ${id}/importImage${version}`,
      {
        source: {
          registryUri: '127.0.0.1:1',
          sourceImage: 'a:b',
          credentials: { username: 'u', password: IMPORT_SECRET },
        },
        targetTags: ['a:b'],
      },
      /^[24]/,
    );
    secrets.set('a password of an import', IMPORT_SECRET);
    const principal = await must('POST /seawall/principals', { displayName: 'ci' });
    const made2 = textIn(principal, 'secret');
    secrets.set('the secret of a principal', made2);
    await useRegistry(registry, state, first ?? '');
  };

  const useRegistry = async (way: { port: number }, state: ServerState, password: string): Promise<void> => {
    const host = { host: `myregistry.${state.registrySuffix}:${state.registryPort}` };
    const login = { ...host, authorization: `Basic ${Buffer.from(`myregistry:${password}`).toString('base64')}` };
    secrets.set('the header of a login', login.authorization);
    const path = '/oauth2/token?service=myregistry.azurecr.localhost&scope=repository:a:pull,push';
    const granted = await ask(way, `GET ${path}`, login);
    const token = textIn(jsonOf(granted), 'access_token');
    secrets.set('an access token of a registry', token);
    const bearer = { ...host, authorization: `Bearer ${token}` };
    const manifest = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}';
    const type = { 'content-type': 'application/vnd.oci.image.index.v1+json' };
    assert.equal(statusOf(await ask(way, 'PUT /v2/a/manifests/x', { ...bearer, ...type }, manifest)), '201');
    // Wrong ones, a token in a path and in a query, and what breaks the parser: none is a reason to write it down.
    await ask(way, 'GET /v2/', { ...host, authorization: `Basic ${password}` });
    await ask(way, 'GET /v2/', { ...host, authorization: `Bearer ${token.slice(0, -3)}` });
    await ask(way, `GET /v2/?access_token=${token}`, host);
    await ask(way, `GET /oauth2/token?service=a&password=${password}`, host);
    await ask(
      way,
      'POST /oauth2/token',
      host,
      `grant_type=password&username=myregistry&password=${password}&service=x`,
    );
    await ask(way, `GET /v2/ HTTP/1.1\r\nauthorization : Bearer ${token}`, host);
    const started = await ask(way, 'POST /v2/a/blobs/uploads/', bearer);
    assert.ok(headerOf(started, 'location'));
  };

  it('is in no line of its log, in any form', () => {
    assert.ok(log.split('\n').length > 20, 'the log says what was done');
    assert.ok(secrets.size >= 10, `${secrets.size} secrets were used`);
    for (const [what, secret] of secrets)
      for (const form of formsOf(secret)) assert.ok(!log.includes(form), `${what} is in the log`);
  });

  it('is in no file of its folder as it is, once it has stopped', () => {
    assert.ok(kept.length > 5);
    for (const [what, secret] of secrets)
      for (const { path, bytes } of kept)
        for (const form of formsOf(secret)) assert.ok(!bytes.includes(form), `${what} is in ${path}`);
  });

  it('is kept by keys that nobody else may read', () => {
    for (const { path, mode } of kept)
      if (/\.key$|signing-keys\.json$|(?<!lock)\.db$/.test(path))
        assert.equal(mode & 0o007, 0, `${path} is open to everybody`);
  });
});

/** A secret as it is, and as it may have been written elsewhere. */
function formsOf(secret: string): readonly string[] {
  assert.ok(secret.length > 8);
  return [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), Buffer.from(secret).toString('hex')];
}

async function stateOf(root: string, exitCode: () => number | null): Promise<ServerState> {
  for (;;) {
    assert.equal(exitCode(), null);
    const found = await readFile(join(root, 'run', 'seawall.json'), 'utf8').catch(() => undefined);
    if (found !== undefined) return JSON.parse(found);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function everyFile(root: string) {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return Promise.all(paths.map(async (path) => ({ path, bytes: await readFile(path), mode: (await stat(path)).mode })));
}

function textIn(value: unknown, name: string): string {
  const found: unknown =
    typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
  return typeof found === 'string' ? found : '';
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const found: unknown =
    typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
  return Array.isArray(found) ? found : [];
}
