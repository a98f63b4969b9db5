import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { round } from './target.ts';
import { openTargets, type Targets } from './targets.ts';

/** Another one each day, so that CI does not look at the same inputs for ever; a failure prints it. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Date.now() / 86_400_000));

/** Every target by its name, so that none is left out of the short form. */
const NAMES = [
  'proxy',
  'address',
  'prefix',
  'oci-name',
  'oci-digest',
  'oci-range',
  'oci-manifest',
  'oci-path',
  'arm-id',
  'arm-filter',
  'arm-body',
  'template-expression',
  'template-body',
  'authorization-header',
  'arm-token',
  'oauth-form',
  'listener',
  'management',
];

describe(`inputs that nobody would send (seed ${SEED})`, () => {
  let targets: Targets;
  before(async () => {
    targets = await openTargets();
  });
  after(() => targets[Symbol.asyncDispose]());

  it('are of every target', () => assert.deepEqual(targets.all.map(({ name }) => name).toSorted(), NAMES.toSorted()));
  for (const name of NAMES)
    it(`are withstood by ${name}`, async () => {
      const target = targets.all.find((one) => one.name === name);
      assert.ok(target);
      const outcome = await round(target, SEED, target.shortRuns);
      if (outcome.kind === 'failed') assert.fail(outcome.report);
    });
});
