import { patcher } from './arm.ts';
import { Client } from './client.ts';
import { type Figure, median, type Row } from './figure.ts';
import { headOf, Load, passing, pushHot } from './load.ts';
import { cpuMsOf } from './process-usage.ts';
import { openDataFolder, startServer } from './server.ts';

const CONNECTIONS = 32;
const ROUNDS = 6;
const ROUND_MS = 2_000;
const IP_RULES = 200;

/** A hot manifest with network rules off and on, turn by turn on the same connections; and a change of rules under that load. */
export const rules: Row = {
  name: 'rules',
  measure: async () => {
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
    const rates: Record<'Allow' | 'Deny', number[]> = { Allow: [], Deny: [] };
    const costs: Record<'Allow' | 'Deny', number[]> = { Allow: [], Deny: [] };
    const changes: number[] = [];
    for (let round = 0; round < 2 * ROUNDS + 2; round += 1) {
      const defaultAction = round % 2 === 0 ? 'Allow' : 'Deny';
      const changedMs = performance.now();
      await patch({ defaultAction, ipRules });
      changes.push(performance.now() - changedMs);
      const [answered, startedMs, usedMs] = [load.answered, performance.now(), await cpuMsOf(server.pid)];
      await passing(ROUND_MS);
      const [requests, tookMs] = [load.answered - answered, performance.now() - startedMs];
      const cpuMs = (await cpuMsOf(server.pid)) - usedMs;
      // The first two are for the compiler.
      if (round < 2) continue;
      rates[defaultAction].push((requests / tookMs) * 1000);
      costs[defaultAction].push((cpuMs * 1000) / requests);
    }
    for (const socket of sockets) socket.destroy();
    return figures(rates, costs, changes);
  },
};

type Rounds = Record<'Allow' | 'Deny', number[]>;

function figures(rates: Rounds, costs: Rounds, changes: readonly number[]): readonly Figure[] {
  const [off, on] = [median(rates.Allow), median(rates.Deny)];
  const [cheap, dear] = [median(costs.Allow), median(costs.Deny)];
  return [
    { what: 'hot manifest, rules off', value: off, unit: 'req/s' },
    { what: `hot manifest, ${IP_RULES} IP rules on`, value: on, unit: 'req/s' },
    { what: 'rules on / rules off', value: on / off, unit: 'x' },
    { what: 'CPU of a request, rules off', value: cheap, unit: 'µs' },
    { what: 'CPU of a request, rules on', value: dear, unit: 'µs' },
    // What others make of the machine moves rates, and hardly what a request costs.
    {
      what: 'requests for the same CPU, rules on / rules off',
      value: cheap / dear,
      unit: 'x',
      target: { atLeast: 0.97 },
    },
    { what: 'change of rules under that load, answered', value: median(changes), unit: 'ms' },
  ];
}
