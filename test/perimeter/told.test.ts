import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ask } from '../../src/cli/control.ts';
import { noteSecretsOf } from '../../src/testkit/kept-secrets.ts';
import { keepLog } from '../../src/testkit/run-log.ts';
import { findServer, type ServerAccess } from '../../src/cli/running-server.ts';

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('what an operator is told of who was refused', () => {
  let folder: string;
  let server: ChildProcess;
  let access: ServerAccess;
  let log = '';
  let ca: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seawall-told-'));
    const listens = ['--registry', '127.0.0.1:0', '--control', '127.0.0.1:0', '--lab', 'off', '--hosts-file', 'off'];
    const argv = [MAIN, 'up', ...listens, '--log-format', 'json', '--data', folder];
    server = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    if (server.stderr !== null) keepLog(server.stderr);
    server.stderr?.setEncoding('utf8').on('data', (more: string) => (log += more));
    for await (const more of server.stdout ?? []) if (String(more).includes('Next:')) break;
    await noteSecretsOf(folder);
    const found = await findServer(folder);
    assert.ok(found.kind === 'running');
    access = found.server;
    ca = await readFile(access.caFile ?? '', 'utf8');
    await rules({ defaultAction: 'Deny', ipRules: [{ value: '203.0.113.0/24' }] });
  });
  after(async () => {
    server.kill();
    await once(server, 'exit');
    await rm(folder, { recursive: true, force: true });
  });

  const rules = async (networkRuleSet: object): Promise<void> => {
    const group = `/subscriptions/${access.subscriptionId}/resourceGroups/seawall`;
    const path = `${group}/providers/Microsoft.ContainerRegistry/registries/myregistry?api-version=2021-08-01-preview`;
    const body = { location: 'westeurope', sku: { name: 'Premium' }, properties: { networkRuleSet } };
    const outcome = await ask(folder, process.env, () => ({ method: 'PUT', path, body }));
    assert.equal(outcome.kind, 'done');
  };
  const get = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const sent = request(url, {
      ca,
      headers,
      agent: false,
      lookup: (_, __, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    sent.end();
    const [response] = await once(sent, 'response');
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  };
  const registry = (headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    get(`https://${access.loginServers[0]}/v2/`, headers);
  const seawall = async (...args: readonly string[]): Promise<string> =>
    (await run(process.execPath, [MAIN, ...args, '--data', folder])).stdout;

  it('is by a correlation id, which the refusal has, the log has, and the list has', async () => {
    const { status, headers } = await registry({ 'user-agent': 'correlated/1' });
    const id = String(headers['x-ms-correlation-request-id']);
    assert.deepEqual([status, headers['x-seawall-reason']], [403, 'default-deny']);
    while (!log.includes(id)) await once(server.stderr ?? server, 'data');
    const line = JSON.parse(log.split('\n').find((one) => one.includes(id)) ?? '{}');
    assert.deepEqual(
      [line.status, line.admission, line.generation, line.userAgent],
      [403, 'default-deny', headers['x-seawall-generation'], 'correlated/1'],
    );
    const { value } = JSON.parse(await seawall('denials', '--json'));
    const kept = value.find((one: { readonly correlationId: string }) => one.correlationId === id);
    assert.deepEqual([kept.generation, kept.userAgent], [headers['x-seawall-generation'], 'correlated/1']);
  });

  it('is a list for reading or as JSON, narrowed by registry, address and reason', async () => {
    await registry();
    const table = await seawall('denials', '--registry', 'myregistry', '--most', '1');
    assert.match(
      table,
      /^TIME +REGISTRY +ADDRESS +REASON +GENERATION +REQUEST +BY +USER AGENT\n.* myregistry +127\.0\.0\.1 +default-deny /,
    );
    const lengths = async (...narrow: readonly string[]): Promise<number> =>
      JSON.parse(await seawall('denials', '--json', ...narrow)).value.length;
    assert.ok((await lengths('--address', '127.0.0.1', '--reason', 'default-deny')) > 0);
    for (const other of [
      ['--registry', 'another'],
      ['--address', '127.0.0.2'],
      ['--reason', 'bypass-off'],
    ])
      assert.equal(await lengths(...other), 0);
  });

  it('is counted by reason', async () => {
    const counted = async (): Promise<number> => {
      const { body } = await get(`${access.control}/metrics`);
      return Number(/^seawall_admission_total\{.*reason="default-deny".*\} (\d+)$/m.exec(body)?.[1] ?? 0);
    };
    const before = await counted();
    await registry();
    assert.equal(await counted(), before + 1);
  });

  it('is explained step by step with the nearest miss, and what would let it in', async () => {
    const said = await seawall('explain', '--registry', 'myregistry', '--from', '203.0.112.9');
    assert.match(said, /verdict +refused \(default-deny\)/);
    assert.match(said, /nearest miss: 203\.0\.113\.0\/24/);
    assert.match(said, /az acr network-rule add --name myregistry --ip-address 203\.0\.112\.9/);
    const { verdict } = JSON.parse(
      await seawall(
        'explain',
        '--registry',
        'myregistry',
        '--from',
        '203.0.112.9',
        '--json',
        '--proposed',
        '{"networkRuleSet":{"defaultAction":"Allow"}}',
      ),
    );
    assert.equal(verdict.kind, 'allowed');
    assert.equal((await registry()).status, 403);
  });
});
