import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seedOf } from '../fault/random.ts';
import { plot } from './plot.ts';
import type { Sample } from './sample.ts';
import { growth, soak } from './soak.ts';

const at = (atS: number, rss: number): Sample => ({ atS, rss, descriptors: 30, disk: 1, median: 1, p99: 2 });

describe('a server used at a steady rate', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  it('is sampled, and holds all that it acknowledged; npm run soak is the long form', async () => {
    const report = await soak({ seed: seedOf(process.env), seconds: 6, rate: 20, everyS: 1 });
    assert.ok(report.samples.length >= 3 && report.pulls > 0 && report.changes > 0, JSON.stringify(report));
    assert.match(plot(report.samples, 'short'), /^<svg .*<polyline[^]*<\/svg>\n$/s);
  });

  it('is found to grow where it does, and not where it is flat', () => {
    const flat = Array.from({ length: 40 }, (_, i) => at(i, 100 + (i % 3)));
    const leaking = Array.from({ length: 40 }, (_, i) => at(i, 100 + 4 * i));
    assert.ok(growth(flat, ({ rss }) => rss) < 1.05);
    assert.ok(growth(leaking, ({ rss }) => rss) > 1.25);
  });
});
