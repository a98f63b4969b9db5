import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';

const QUIET = { SEAWALL_TEST_QUIET_MS: '500' };
const RUN = join(import.meta.dirname, 'run.mjs');

/** What a run ended with and said. */
interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one file of tests as `npm test -- FILE` does. */
async function runTests(text: string, more: Record<string, string> = {}): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), 'seawall-run-'));
  try {
    await writeFile(join(folder, 'one.test.mjs'), `import { describe, it } from 'node:test';\n${text}`);
    // Within a run of node:test, one of its own would report to the one above.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn(process.execPath, [RUN, join(folder, 'one.test.mjs')], { env: { ...env, ...more } });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out, err };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('npm test', () => {
  it('ends with 0 and prints the totals of node:test where all pass', async () => {
    const { code, out } = await runTests("it('passes', () => undefined);");
    assert.equal(code, 0);
    assert.match(out, /ℹ tests 1\nℹ suites 0\nℹ pass 1\nℹ fail 0/);
    assert.match(out, /\nskipped tests: 0\nsecrets: 0 sought in \d logs of \S+ MB: 0 found\n$/);
  });

  it('ends with 1 where one fails', async () => {
    const { code, out } = await runTests("it('fails', () => { throw new Error('no'); });");
    assert.equal(code, 1);
    assert.match(out, /ℹ fail 1/);
  });

  it('names and counts what was skipped, with its reason', async () => {
    const { code, out } = await runTests(
      "describe('clients', () => { it('pulls', { skip: 'no docker' }, () => undefined); it('pushes', (t) => t.skip()); });",
    );
    assert.equal(code, 0);
    assert.match(
      out,
      /\nskipped tests: 2\n {2}clients › pulls: no docker\n {2}clients › pushes: no reason given\nsecrets: /,
    );
  });

  it('ends with 1 where a secret of a server is in its log, and says whose and where; not where it is only used', async () => {
    const asks = (path: string): string => `
      import { request } from 'node:https';
      import { text } from 'node:stream/consumers';
      import { startSeawall } from ${JSON.stringify(join(import.meta.dirname, '../src/testkit/start-seawall.ts'))};
      it('asks for a tag', async () => {
        await using seawall = await startSeawall();
        const { username, password } = seawall.admin('myregistry');
        const sent = request({ host: '127.0.0.1', port: seawall.listenPort, path: \`${path}\`, auth: username + ':' + password,
          rejectUnauthorized: false, agent: false, headers: { host: seawall.host('myregistry') } });
        await text(await new Promise((resolve) => sent.end().once('response', resolve)));
      });`;
    const kept = await runTests(asks('/v2/a/manifests/x'));
    assert.equal(kept.code, 0, kept.err);
    assert.match(kept.out, /\nsecrets: [1-9]\d* sought in 2 logs of \S+ MB: 0 found\n$/);
    const leaked = await runTests(asks('/v2/a/manifests/${password}'));
    assert.equal(leaked.code, 1);
    assert.match(
      leaked.err,
      /test: a password of an admin user of "one\.test\.mjs: asks for a tag" is in a log: (\S+):\d+/,
    );
    const [, log = ''] = / is in a log: (\S+):\d+/.exec(leaked.err) ?? [];
    await rm(dirname(log), { recursive: true });
  });

  it('ends with 1 where a secret was written to standard error by whatever a test started, in any form', async () => {
    const text = (form: string): string => `
      import { spawnSync } from 'node:child_process';
      import { noteSecret } from ${JSON.stringify(join(import.meta.dirname, '../src/testkit/run-log.ts'))};
      it('starts one', () => {
        noteSecret({ kind: 'a planted secret', secret: 'planted-secret-1' });
        spawnSync('sh', ['-c', 'echo said ' + ${form} + ' >&2'], { stdio: 'inherit' });
      });`;
    const secret = "Buffer.from('planted-secret-1')";
    for (const form of ["'planted-secret-1'", `${secret}.toString('base64')`, `${secret}.toString('hex')`]) {
      const { code, err } = await runTests(text(form));
      assert.equal(code, 1);
      assert.match(
        err,
        /test: a planted secret of "one\.test\.mjs: starts one" is in a log: \S+standard-error\.log:1\n$/,
      );
      await rm(dirname(/ is in a log: (\S+):\d+/.exec(err)?.[1] ?? ''), { recursive: true });
    }
    assert.equal((await runTests(text("'planted-secret-2'"))).code, 0);
  });

  it('ends when a test leaves something open, and says so', async () => {
    const { code, err } = await runTests("it('leaks', () => { setInterval(() => undefined, 1000); });", QUIET);
    assert.equal(code, 1);
    assert.match(err, /every test has ended, but something was left open; open: .*Timeout/);
  });

  it('ends when a test hangs, and names it', async () => {
    const { code, err } = await runTests("it('hangs', () => new Promise(() => setInterval(() => 1, 1000)));", QUIET);
    assert.equal(code, 1);
    assert.match(err, /running: .*hangs \(.*one\.test\.mjs:2\)/);
  });
});
