import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from './client.ts';
import { Content } from './content.ts';
import type { Figure, Row } from './figure.ts';
import { cpuMsOf, memoryOf, resetPeak } from './process-usage.ts';
import { type DataFolder, type Server, openDataFolder, startServer } from './server.ts';

const MB = 1e6;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** Issue 2, "Speed and memory". */
const MOST_GROWTH_MB = 60;

/** How much memory the push and the pull of a large layer take beyond that of the idle server. */
export const layer: Row = {
  name: 'layer',
  measure: async ({ layerBytes }) => {
    await using folder = await openDataFolder();
    await using server = await startServer(folder);
    using client = new Client(server);
    const content = new Content(layerBytes);
    const digest = content.digest();
    // One small request, so that what is measured is the layer and not the first handshake.
    await client.read({ method: 'GET', url: '/v2/' });
    const idle = (await memoryOf(server.pid)).rss;
    const push = await peakOf(server, () => client.push('layer', content, digest));
    const pull = await peakOf(server, () => pullChecked(client, digest));
    const size = `${layerBytes / GIB} GiB`;
    const growth = (peak: number) => ({ value: (peak - idle) / MB, unit: 'MB', atMost: MOST_GROWTH_MB });
    return [
      { what: 'RSS of the idle server', value: idle / MB, unit: 'MB' },
      { what: `growth of RSS while ${size} is pushed`, ...growth(push) },
      { what: `growth of RSS while ${size} is pulled`, ...growth(pull) },
    ];
  },
};

/** Throughput of one connection over TLS, and the CPU time that the server takes for it. */
export const transfer: Row = {
  name: 'transfer',
  measure: async () => {
    await using folder = await openDataFolder();
    await using server = await startServer(folder);
    using client = new Client(server);
    const [small, large] = [new Content(16 * MIB), new Content(GIB)];
    const [smallDigest, digest] = [small.digest(), large.digest()];
    await client.push('warm', small, smallDigest);
    await client.pull('warm', smallDigest, () => undefined);
    return [
      await diskSpeed(folder, large),
      ...(await throughput(server, 'push', () => client.push('layer', large, digest))),
      ...(await throughput(server, 'pull', () => client.pull('layer', digest, () => undefined))),
    ];
  },
};

/** What the disk takes in by itself, so that the push beside it can be judged. */
async function diskSpeed({ path }: DataFolder, content: Content): Promise<Figure> {
  await using file = await open(join(path, 'plain'), 'w');
  const startedMs = performance.now();
  for (const block of content) await file.write(block);
  await file.datasync();
  const seconds = (performance.now() - startedMs) / 1000;
  return { what: 'plain write and sync of 1 GiB', value: GIB / MB / seconds, unit: 'MB/s' };
}

async function peakOf(server: Server, work: () => Promise<void>): Promise<number> {
  await resetPeak(server.pid);
  await work();
  return (await memoryOf(server.pid)).peak;
}

async function pullChecked(client: Client, digest: string): Promise<void> {
  const hash = createHash('sha256');
  await client.pull('layer', digest, (bytes) => hash.update(bytes));
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== digest) throw new Error(`pulled ${found}, pushed ${digest}`);
}

async function throughput(server: Server, verb: string, work: () => Promise<void>): Promise<readonly Figure[]> {
  const [startedMs, cpuMs] = [performance.now(), await cpuMsOf(server.pid)];
  await work();
  const seconds = (performance.now() - startedMs) / 1000;
  return [
    { what: `${verb} of 1 GiB`, value: GIB / MB / seconds, unit: 'MB/s' },
    { what: `CPU of the server for it`, value: ((await cpuMsOf(server.pid)) - cpuMs) / 1000, unit: 's' },
  ];
}
