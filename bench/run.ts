/**
 * `npm run bench [-- --only ROW] [--size BYTES] [--json]`: measures a real server in its own process. Exits 1 when a
 * figure is beyond its bound; only memory has one.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figure, type Options, type Row, fails, table } from './figure.ts';
import { admission } from './admission.ts';
import { blob } from './blob.ts';
import { collection } from './collection.ts';
import { layer } from './layer.ts';
import { management } from './management.ts';
import { manifest } from './manifest.ts';
import { page } from './page.ts';
import { push } from './push.ts';
import { rules } from './rules.ts';
import { startUp } from './start-up.ts';

const ROWS: readonly Row[] = [startUp, admission, manifest, blob, push, rules, page, collection, management, layer];
const MIB = 1024 * 1024;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    size: { type: 'string', default: '10GiB' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const names = ROWS.map(({ name }) => name);
const unknown = values.only.find((name) => !names.includes(name));
const layerBytes = parseSize(values.size);
if (process.platform !== 'linux') refuse('bench: needs Linux, as it reads /proc');
else if (unknown !== undefined) refuse(`bench: --only is ${unknown}, must be one of ${names.join(', ')}`);
else if (layerBytes === undefined) refuse(`bench: --size is ${values.size}, must be like 512MiB or 10GiB`);
else process.exitCode = await measure(ROWS.filter(isWanted), layerBytes);

async function measure(rows: readonly Row[], size: number): Promise<number> {
  const measured = new Map<string, readonly Figure[]>();
  for (const row of rows) {
    process.stderr.write(`bench: ${row.name} …\n`);
    measured.set(row.name, await measureRow(row, { layerBytes: size, quick: values.quick }));
  }
  const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`;
  console.log(values.json ? JSON.stringify({ machine, rows: Object.fromEntries(measured) }) : table(measured));
  if (!values.json) console.log(`\n${machine}`);
  return [...measured.values()].flat().some(fails) ? 1 : 0;
}

/** A row that breaks off is a gap in the table, and the run goes on. */
async function measureRow(row: Row, options: Options): Promise<readonly Figure[]> {
  try {
    return await row.measure(options);
  } catch (error) {
    console.error(error);
    return [{ what: 'all of it', gap: `broke off: ${String(error).split('\n', 1)[0]}` }];
  }
}

function isWanted({ name }: Row): boolean {
  return values.only.length === 0 || values.only.includes(name);
}

/** In bytes, a whole number of MiB at least. */
function parseSize(text: string): number | undefined {
  const [, count, unit] = /^(\d+)(MiB|GiB)$/.exec(text) ?? [];
  const bytes = Number(count) * (unit === 'GiB' ? 1024 * MIB : MIB);
  return bytes > 0 ? bytes : undefined;
}

function refuse(why: string): void {
  console.error(why);
  process.exitCode = 64;
}
