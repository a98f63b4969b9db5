import { setTimeout as passing } from 'node:timers/promises';
import { patcher } from './arm.ts';
import { Client } from './client.ts';
import { type Figure, median, type Row } from './figure.ts';
import { pushHot } from './load.ts';
import { originOf } from './seawall.ts';
import { openDataFolder, startServer } from './server.ts';
import type { Origin } from './subject.ts';
import { Wire } from './wire.ts';

const RATE = 2_000;
const CONNECTIONS = 32;
const CHANGES = 10;
const MOST_MS = 50;
const ALLOWED = { defaultAction: 'Deny', ipRules: [{ value: '127.0.0.0/8' }] };
const REFUSED = { defaultAction: 'Deny', ipRules: [{ value: '20.0.0.0/16' }] };

/** One request of the load: when it was sent, and what it was answered; 0 when it was cut. */
interface Asked {
  readonly sentMs: number;
  readonly status: number;
}

/** What a change of rules does to 2,000 requests a second from a network that it refuses. */
export const ruleChange: Row = {
  name: 'rule-change',
  measure: async () => {
    await using folder = await openDataFolder({ profile: 'open' });
    await using server = await startServer(folder);
    using client = new Client(server);
    await pushHot(client);
    const origin = await originOf(server, 'plain');
    const patch = await patcher(folder.path, client);
    await patch(ALLOWED);
    const asked: Asked[] = [];
    const ending = new AbortController();
    const load = Array.from({ length: CONNECTIONS }, () => ask(origin, asked, ending.signal));
    const [took, stale]: [number[], number[]] = [[], []];
    for (let change = 0; change < CHANGES; change += 1) {
      await passing(400);
      asked.length = 0;
      const startedMs = performance.now();
      await patch(REFUSED);
      const answeredMs = performance.now();
      await passing(200);
      took.push(answeredMs - startedMs);
      stale.push(asked.filter(({ sentMs, status }) => sentMs > answeredMs && status === 200).length);
      if (!asked.some(({ sentMs, status }) => sentMs > answeredMs && status === 403))
        throw new Error('no request was refused after the change');
      await patch(ALLOWED);
    }
    ending.abort();
    await Promise.all(load);
    return figures(took, stale);
  },
};

function figures(took: readonly number[], stale: readonly number[]): readonly Figure[] {
  const late = stale.reduce((sum, count) => sum + count, 0);
  return [
    {
      what: `requests let in by the old rule after the answer to the change, in ${CHANGES} changes`,
      value: late,
      unit: 'requests',
      target: { atMost: 0 },
      gates: true,
    },
    {
      what: `change of rules until it is answered and in force, ${RATE} req/s`,
      value: median(took),
      unit: 'ms',
      target: { atMost: MOST_MS },
    },
  ];
}

/** One connection's part of the load; one that is cut is made again. */
async function ask(origin: Origin, asked: Asked[], signal: AbortSignal): Promise<void> {
  const everyMs = (1000 * CONNECTIONS) / RATE;
  let wire = await Wire.open(origin);
  for (let dueMs = performance.now(); !signal.aborted; dueMs += everyMs) {
    await passing(Math.max(0, dueMs - performance.now()));
    const sentMs = performance.now();
    try {
      const { status } = await wire.ask({ method: 'GET', path: '/v2/hot/manifests/v1' });
      asked.push({ sentMs, status });
    } catch {
      asked.push({ sentMs, status: 0 });
      wire[Symbol.dispose]();
      wire = await Wire.open(origin);
    }
  }
  wire[Symbol.dispose]();
}
