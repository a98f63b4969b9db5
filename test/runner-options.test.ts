import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNT, POSITIVE, readOptions, type Runner } from './runner-options.ts';

const RUNNER: Runner<'kills' | 'minutes' | 'plot'> = {
  name: 'fault',
  what: 'Kills a server.',
  options: {
    kills: { value: 'N', what: 'How often.', byDefault: '20', accepts: COUNT },
    minutes: { value: 'N', what: 'How long.', byDefault: '5', accepts: POSITIVE },
    plot: { value: 'FILE', what: 'Where to draw.' },
  },
  examples: ['--kills 1000'],
};

describe('the options of a runner', () => {
  it('are those that were given, and what they are by default', () => {
    assert.deepEqual(readOptions(RUNNER, ['--kills', '7', '--plot=a.svg']), {
      kind: 'run',
      values: { kills: '7', minutes: '5', plot: 'a.svg' },
    });
  });

  it('are told by --help, with an example', () => {
    const asked = readOptions(RUNNER, ['--help']);
    assert.ok(asked.kind === 'help');
    assert.match(asked.text, /--kills N +How often\. \(default: 20\)/);
    assert.match(asked.text, /Example:\n {2}npm run fault -- --kills 1000$/);
  });

  for (const [args, says] of [
    [['--kills', 'x'], /--kills is 'x', must be a whole number/],
    [['--kills'], /--kills is '', must be a whole number/],
    [['--minutes', '0'], /--minutes is '0', must be a number above 0/],
    [['--kils', '7'], /there is no option --kils/],
    [['7'], /'7' is no option/],
  ] as const)
    it(`are refused where they are wrong: ${args.join(' ')}`, () => {
      const asked = readOptions(RUNNER, args);
      assert.ok(asked.kind === 'wrong');
      assert.match(asked.text, says);
    });
});
