/**
 * `npm run bench [-- --only ROW] [--quick] [--size BYTES] [--json] [--publish]`: measures a real server in its own process beside
 * real peers. A whole run puts its table into README.md and its plot into docs; `--publish` does so with any. Exits 1 when
 * a figure is beyond a target that holds on every machine, such as that of memory.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figure, type Options, type Row, fails, table } from './figure.ts';
import { admission } from './admission.ts';
import { blob } from './blob.ts';
import { collection } from './collection.ts';
import { docker } from './docker.ts';
import { hosts } from './hosts.ts';
import { layer } from './layer.ts';
import { management } from './management.ts';
import { manifest } from './manifest.ts';
import { describeNoise, Noise } from './noise.ts';
import { publish } from './publish.ts';
import { mixed } from './mixed.ts';
import { page } from './page.ts';
import { push } from './push.ts';
import { referrers } from './referrers.ts';
import { ruleChange } from './rule-change.ts';
import { rules } from './rules.ts';
import { small } from './small.ts';
import { startUp } from './start-up.ts';

const ROWS: readonly Row[] = [
  startUp,
  admission,
  manifest,
  blob,
  push,
  small,
  docker,
  mixed,
  rules,
  ruleChange,
  page,
  referrers,
  collection,
  management,
  hosts,
  layer,
];
const MIB = 1024 * 1024;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    size: { type: 'string', default: '4GiB' },
    quick: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const names = ROWS.map(({ name }) => name);
const unknown = values.only.find((name) => !names.includes(name));
const layerBytes = parseSize(values.size);
if (process.platform !== 'linux') refuse('bench: needs Linux, as it reads /proc');
else if (unknown !== undefined) refuse(`bench: --only is ${unknown}, must be one of ${names.join(', ')}`);
else if (layerBytes === undefined) refuse(`bench: --size is ${values.size}, must be like 512MiB or 10GiB`);
else process.exitCode = await measure(ROWS.filter(isWanted), { layerBytes, quick: values.quick });

async function measure(rows: readonly Row[], options: Options): Promise<number> {
  const measured = new Map<string, readonly Figure[]>();
  const noise = new Noise();
  for (const row of rows) {
    process.stderr.write(`bench: ${row.name} …\n`);
    await noise.look();
    measured.set(row.name, await measureRow(row, options));
  }
  const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`;
  const said = `${new Date().toISOString().slice(0, 10)}, ${machine}; ${describeNoise(noise)}`;
  console.log(values.json ? asJson(measured, machine, noise) : `${table(measured)}\n\n${said}`);
  // A part of the rows, or short ones, would take the place of a whole table.
  if (values.publish || (rows.length === ROWS.length && !options.quick)) await publish({ measured, said });
  return [...measured.values()].flat().some(fails) ? 1 : 0;
}

function asJson(measured: ReadonlyMap<string, readonly Figure[]>, machine: string, { others }: Noise): string {
  return JSON.stringify({ machine, others, rows: Object.fromEntries(measured) }, undefined, 1);
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
