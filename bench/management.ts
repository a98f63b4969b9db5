import { join } from 'node:path';
import { storedResource } from '../src/state/resource.fixture.ts';
import { openState } from '../src/state/sqlite/state.ts';
import { readState, signIn, type ServerState } from './arm.ts';
import { Client } from './client.ts';
import type { Row } from './figure.ts';
import { cpuMsOf } from './process-usage.ts';
import { type DataFolder, openDataFolder, startServer } from './server.ts';

const RESOURCES = 10_000;
const READS = 3_000;
const WRITES = 500;
const WARM = 200;

/** What one request to the management API costs the server in CPU, with 10,000 resources: a read, and a write that is synced. */
export const management: Row = {
  name: 'management',
  measure: async () => {
    await using folder = await openDataFolder();
    const { subscriptionId } = await firstStart(folder);
    await seed(join(folder.path, 'data', 'state.db'), `/subscriptions/${subscriptionId}`);
    await using server = await startServer(folder);
    using client = new Client(server);
    const running = await readState(folder.path);
    const authorization = await signIn(client, running);
    const group = `${running.control}/subscriptions/${subscriptionId}/resourceGroups/seawall`;
    const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/benchmark?api-version=2023-07-01`;
    const ask = (method: string, body?: string): Promise<Buffer> =>
      client.read({
        method,
        url: registry,
        headers: { authorization, 'content-type': 'application/json', 'content-length': body?.length ?? 0 },
        ...(body === undefined ? {} : { body: [Buffer.from(body)] }),
      });
    const cpuOf = async (count: number, once: (i: number) => Promise<unknown>): Promise<number> => {
      for (let i = 0; i < WARM; i += 1) await once(i);
      const before = await cpuMsOf(server.pid);
      for (let i = 0; i < count; i += 1) await once(i);
      return ((await cpuMsOf(server.pid)) - before) / count;
    };
    const read = await cpuOf(READS, () => ask('GET'));
    const write = await cpuOf(WRITES, (i) => ask('PATCH', JSON.stringify({ tags: { n: String(i) } })));
    return [
      { what: 'CPU of a read with 10,000 resources', value: read, unit: 'ms' },
      { what: 'CPU of a write with 10,000 resources', value: write, unit: 'ms' },
    ];
  },
};

/** Starts a server once, so that its databases are there, and tells what it said of itself. */
async function firstStart(folder: DataFolder): Promise<ServerState> {
  await using _ = await startServer(folder);
  return readState(folder.path);
}

/** Virtual networks, as many as are asked for, in 100 groups. */
async function seed(path: string, subscription: string): Promise<void> {
  const onFatal = (error: Error): never => {
    throw error;
  };
  await using state = await openState({ path, onFatal });
  const networks = Array.from({ length: RESOURCES }, (_, i) => {
    const id = `${subscription}/resourceGroups/g${i % 100}/providers/Microsoft.Network/virtualNetworks/v${i}`;
    return storedResource(id, { location: 'westeurope', properties: { addressPrefixes: ['10.0.0.0/16'] } });
  });
  await state.commit(() => ({ value: undefined, changes: networks.map((resource) => ({ kind: 'put', resource })) }));
}
