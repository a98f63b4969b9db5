import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { renderExports } from './env.ts';
import { runHere } from './memory-terminal.fixture.ts';

describe('env', () => {
  it('prints lines that a shell takes as they are meant', () => {
    assert.equal(renderExports({ A: '/tmp/a b', B: "it's" }), "export A='/tmp/a b'\nexport B='it'\\''s'\n");
  });

  it('prints nothing to evaluate where no server runs', async () => {
    const data = await mkdtemp(join(tmpdir(), 'seawall-cli-'));
    const { exit, out, err } = await runHere(['env', '--data', data]);
    assert.deepEqual([exit, out], [69, '']);
    assert.match(err, /no server runs/);
    await rm(data, { recursive: true });
  });
});
