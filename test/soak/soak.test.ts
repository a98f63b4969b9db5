import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seedOf } from '../fault/random.ts';
import { judge, tableOf } from './judge.ts';
import { plot } from './plot.ts';
import type { Sample } from './sample.ts';
import { soak } from './soak.ts';

/** Samples of which some members are told by their number, the others flat. */
function samplesOf(of: (i: number) => Partial<Sample>): readonly Sample[] {
  const flat = { rss: 1e8, descriptors: 30, disk: 1e6, median: 1, p99: 2, own: 0.1, others: 0.02 };
  return Array.from({ length: 40 }, (_, i) => ({ atS: 60 * i, ...flat, ...of(i) }));
}

function verdicts(samples: readonly Sample[]): readonly string[] {
  return judge(samples).map(({ verdict }) => verdict);
}

const ROWS: readonly (readonly [name: string, of: (i: number) => Partial<Sample>, expected: readonly string[]])[] = [
  ['flat with some noise', (i) => ({ rss: 1e8 + (i % 3) * 1e6 }), ['flat', 'flat', 'flat', 'flat']],
  ['a leak of memory', (i) => ({ rss: 1e8 + i * 4e6 }), ['grew', 'flat', 'flat', 'flat']],
  ['much at first, and then flat', (i) => ({ rss: 1e8 + Math.min(i, 8) * 1e7 }), ['flat', 'flat', 'flat', 'flat']],
  ['a burst in the last quarter', (i) => ({ rss: i > 36 ? 9e8 : 1e8 }), ['flat', 'flat', 'flat', 'flat']],
  ['answers that take longer and longer', (i) => ({ median: 1 + i / 10 }), ['flat', 'flat', 'flat', 'grew']],
  [
    'answers that take longer while others have the machine',
    (i) => ({ median: 1 + i / 10, others: i > 25 ? 0.7 : 0.02 }),
    ['flat', 'flat', 'flat', 'not judged'],
  ],
  [
    'a leak in a run too short to tell',
    (i) => ({ rss: 1e8 + i * 4e6, atS: i }),
    ['not judged', 'not judged', 'not judged', 'not judged'],
  ],
];

describe('a server used at a steady rate', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  it('is sampled, and holds all that it acknowledged; npm run soak is the long form', async () => {
    const report = await soak({ seed: seedOf(process.env), seconds: 6, rate: 20, everyS: 1 });
    assert.ok(report.samples.length >= 3 && report.pulls > 0 && report.changes > 0, JSON.stringify(report));
    assert.match(plot(report.samples, 'short'), /^<svg .*<polyline[^]*<\/svg>\n$/s);
  });

  for (const [name, of, expected] of ROWS)
    it(`is judged by its quarters: ${name}`, () => {
      assert.deepEqual(verdicts(samplesOf(of)).slice(0, 4), expected);
    });

  it('is told in a table', () => {
    const table = tableOf(judge(samplesOf(() => ({}))));
    assert.match(table, /quarter 1 +quarter 2 .*last\/second\n(.*\n)*median, ms +1\.00 .* 1\.000 +flat/);
  });
});
