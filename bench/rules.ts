import { patcher } from './arm.ts';
import { Client } from './client.ts';
import { type Figure, median, type Row } from './figure.ts';
import { headOf, Load, passing, pushHot } from './load.ts';
import { cpuMsOf } from './process-usage.ts';
import { openDataFolder, type Server, startServer } from './server.ts';

const CONNECTIONS = 32;
const PAIRS = 24;
const ROUND_MS = 600;
const IP_RULES = 200;

/** A hot manifest with network rules off and on, turn by turn on the same connections; and a change of rules under that load. */
export const rules: Row = {
  name: 'rules',
  measure: async ({ quick }) => {
    await using folder = await openDataFolder({ profile: 'open' });
    await using server = await startServer(folder);
    using client = new Client(server);
    await pushHot(client);
    const load = new Load(await headOf(server, client));
    const patch = await patcher(folder.path, client);
    const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => load.open(server)));
    const ipRules = Array.from({ length: IP_RULES }, (_, i) => ({ value: `20.${i}.0.0/16` })).concat({
      value: '127.0.0.0/8',
    });
    const changes: number[] = [];
    const round = async (defaultAction: 'Allow' | 'Deny'): Promise<Round> => {
      const changedMs = performance.now();
      await patch({ defaultAction, ipRules });
      changes.push(performance.now() - changedMs);
      return measureRound(load, server);
    };
    const pairs: Pair[] = [];
    // The first four are for the compiler. What comes first takes turns, so that what changes with time weighs on both alike.
    for (let i = -4; i < (quick ? 4 : PAIRS); i += 1) {
      const first = await round(i % 2 === 0 ? 'Allow' : 'Deny');
      const second = await round(i % 2 === 0 ? 'Deny' : 'Allow');
      if (i >= 0) pairs.push(i % 2 === 0 ? { off: first, on: second } : { off: second, on: first });
    }
    for (const socket of sockets) socket.destroy();
    return figures(pairs, changes);
  },
};

interface Round {
  /** Requests a second. */
  readonly rate: number;
  /** CPU of a request, in µs. */
  readonly cost: number;
}

interface Pair {
  readonly off: Round;
  readonly on: Round;
}

async function measureRound(load: Load, { pid }: Server): Promise<Round> {
  const [answered, startedMs, usedMs] = [load.answered, performance.now(), await cpuMsOf(pid)];
  await passing(ROUND_MS);
  const [requests, tookMs] = [load.answered - answered, performance.now() - startedMs];
  return { rate: (requests / tookMs) * 1000, cost: (((await cpuMsOf(pid)) - usedMs) * 1000) / requests };
}

function figures(pairs: readonly Pair[], changes: readonly number[]): readonly Figure[] {
  const middle = (of: (pair: Pair) => number): number => median(pairs.map(of));
  return [
    { what: 'hot manifest, rules off', value: middle(({ off }) => off.rate), unit: 'req/s' },
    { what: `hot manifest, ${IP_RULES} IP rules on`, value: middle(({ on }) => on.rate), unit: 'req/s' },
    { what: 'rules on / rules off', value: middle(({ off, on }) => on.rate / off.rate), unit: 'x' },
    { what: 'CPU of a request, rules off', value: middle(({ off }) => off.cost), unit: 'µs' },
    { what: 'CPU of a request, rules on', value: middle(({ on }) => on.cost), unit: 'µs' },
    // What others make of the machine moves rates, and hardly what a request costs.
    {
      what: 'requests for the same CPU, rules on / rules off',
      value: middle(({ off, on }) => off.cost / on.cost),
      unit: 'x',
      target: { atLeast: 0.97 },
    },
    { what: 'change of rules under that load, answered', value: median(changes), unit: 'ms' },
  ];
}
