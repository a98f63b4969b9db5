/**
 * Makes the fixture of the state's newest schema version, once, before that version is released:
 *
 *   node test/upgrade/make-state.ts
 *
 * A fixture is what a release wrote: it is never made again by a later one.
 */
import { existsSync } from 'node:fs';
import { openState } from '../../src/state/sqlite/state.ts';
import { NEWEST_STATE, stateFixture } from './fixture.ts';
import { fill } from './state-sample.ts';

const path = stateFixture(NEWEST_STATE);
if (existsSync(path)) throw new Error(`${path} exists; only delete it while version ${NEWEST_STATE} is unreleased`);
const onFatal = (error: unknown) => {
  throw error;
};
await using state = await openState({ path, onFatal });
await fill(state);
