import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    assert.match(out, /\nskipped tests: 0\n$/);
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
    assert.match(out, /\nskipped tests: 2\n {2}clients › pulls: no docker\n {2}clients › pushes: no reason given\n$/);
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
