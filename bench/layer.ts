import { createHash } from 'node:crypto';
import { Client } from './client.ts';
import { Content, GIB } from './content.ts';
import type { Row } from './figure.ts';
import { memoryOf, resetPeak } from './process-usage.ts';
import { type Server, openDataFolder, startServer } from './server.ts';

const MB = 1e6;
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
    const growth = (peak: number) => ({
      value: (peak - idle) / MB,
      unit: 'MB',
      target: { atMost: MOST_GROWTH_MB },
      gates: true as const,
    });
    return [
      { what: 'RSS of the idle server', value: idle / MB, unit: 'MB' },
      { what: `growth of RSS while ${size} is pushed`, ...growth(push) },
      { what: `growth of RSS while ${size} is pulled`, ...growth(pull) },
    ];
  },
};

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
