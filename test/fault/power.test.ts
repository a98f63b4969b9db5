import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { seedOf } from './random.ts';
import { powerRun } from './power.ts';

/** The short form; `npm run fault -- --states 500` is the long one. */
const STATES = 5;
const noTracer = existsSync('/usr/bin/strace') ? false : 'strace is not on this machine';

describe('a server whose power is cut', () => {
  it('has everything that it acknowledged, whichever writes and names that were not synced are lost', {
    skip: noTracer,
  }, async () => {
    const { states, acknowledged } = await powerRun({ seed: seedOf(process.env), states: STATES });
    assert.equal(states, STATES);
    assert.ok(acknowledged > 0);
  });
});
