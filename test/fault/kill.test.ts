import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { killRun } from './kill.ts';
import { seedOf } from './random.ts';

/** The short form; `npm run fault -- --kills 1000` is the long one. */
const KILLS = 8;

describe('a server that is killed under load', () => {
  it('has everything that it acknowledged, whole, and goes on with uploads and rules where they were', async () => {
    const { kills, acknowledged } = await killRun({ seed: seedOf(process.env), kills: KILLS });
    assert.equal(kills, KILLS);
    assert.ok(acknowledged > KILLS, 'the server was killed at work');
  });
});
