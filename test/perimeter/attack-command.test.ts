import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { proxyV2 } from '../../src/connection/proxy-header.fixture.ts';
import { type Client, type PerimeterScene, perimeterScene } from './scene.ts';

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const INSIDE: Client = { address: '10.0.0.4', in: 'a' };
const OUTSIDE: Client = { address: '203.0.113.9' };

/** What a command that ended said, and how it ended. */
interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('seawall attack', () => {
  let scene: PerimeterScene;
  let folder: string;
  before(async () => {
    scene = await perimeterScene();
    folder = await mkdtemp(join(tmpdir(), 'seawall-attack-'));
    await scene.patch({
      networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules: [{ id: scene.subnet('a', 'on') }], ipRules: [] },
    });
  });
  after(async () => {
    await scene?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** A command that connects to the server as this client: by the listed proxy, which says so. */
  const place = async (name: string, { address, in: network }: Client): Promise<string> => {
    const tlvs = network === undefined ? [] : [[0xe1, Buffer.from(network)] as const];
    const header = proxyV2({ source: address, destination: '198.18.77.2', tlvs }).toString('base64');
    const path = join(folder, `${name}.mjs`);
    await writeFile(
      path,
      `import { connect } from 'node:net';
const socket = connect({ host: '127.0.0.1', port: Number(process.argv[2]), localAddress: '127.0.0.9' });
socket.write(Buffer.from('${header}', 'base64'));
process.stdin.pipe(socket).pipe(process.stdout);
socket.on('error', () => undefined).on('close', () => process.stdin.destroy());
`,
    );
    return `${process.execPath} ${path} %p`;
  };

  const attack = async (outside: Client, inside: Client): Promise<Ended> => {
    const { username, password } = scene.seawall.admin('myregistry');
    const who = ['--login-server', scene.seawall.host('myregistry'), '-u', username, '-p', password];
    const from = ['--outside', await place('outside', outside), '--inside', await place('inside', inside)];
    const argv = [MAIN, 'attack', ...who, ...from, '--ca', scene.seawall.ca, '--json'];
    return run(process.execPath, argv, { timeout: 400_000 }).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        out: error.stdout,
        err: error.stderr,
      }),
    );
  };

  it('finds nobody let in by rules that hold, over TLS, and every twin answered', { timeout: 450_000 }, async () => {
    const { code, out, err } = await attack(OUTSIDE, INSIDE);
    assert.deepEqual(JSON.parse(out).failed, []);
    assert.match(err, /^seawall: \d{3} attacks let nobody in, and their twins answered as they must be$/m);
    assert.equal(code, 0);
  });

  it('tries nothing from places that are none, and says which', async () => {
    const both = await attack(INSIDE, INSIDE);
    assert.match(both.err, /from outside a plain request is answered 200, must be 403/);
    const neither = await attack(OUTSIDE, OUTSIDE);
    assert.match(neither.err, /from inside a plain request is answered 403, must be 200/);
    assert.deepEqual([both.code, neither.code], [64, 64]);
  });
});
