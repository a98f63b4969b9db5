import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as prometheus from 'prom-client';
import { Histogram } from './histogram.ts';

const SHAPE = { name: 'time_seconds', help: 'How long it took.', bounds: [0.001, 0.5, 2] };
const VALUES = [0, 0.001, 0.0011, 0.25, 0.5, 1.75, 2, 2.5, 400];

describe('a histogram', () => {
  it('is exposed as that of prom-client is, whatever its values', async () => {
    const own = new Histogram(SHAPE);
    const register = new prometheus.Registry();
    const labelNames = ['listener', 'route'];
    const { name, help, bounds } = SHAPE;
    const theirs = new prometheus.Histogram({ name, help, buckets: [...bounds], labelNames, registers: [register] });
    for (const labels of [
      { listener: 'registry', route: 'end-3' },
      { listener: 'control', route: 'none' },
    ]) {
      for (const value of VALUES) {
        own.series(labels)(value);
        theirs.observe(labels, value);
      }
    }
    assert.equal(own.expose(), await register.metrics());
  });

  it('without a series says what it is', () => {
    assert.equal(
      new Histogram(SHAPE).expose(),
      '# HELP time_seconds How long it took.\n# TYPE time_seconds histogram\n',
    );
  });
});
