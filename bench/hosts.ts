import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostLab, startHostLab } from '../test/netns/host-lab.ts';
import { cgroups } from '../test/netns/leftovers.ts';
import { type Figure, type Row, median, spreadOf } from './figure.ts';

const RUNS = 5;
const AT_ONCE = 10;
const MANY = 20;

/** Hosts of virtual machines: from the PUT to the first command over ssh, alone and many at once, and what an idle one takes. */
export const hosts: Row = {
  name: 'hosts',
  measure: async ({ quick }) => {
    if (process.getuid?.() !== 0) return [{ what: 'all of it', gap: 'hosts need root' }];
    await using lab = await startHostLab();
    const alone: number[] = [];
    for (let run = 0; run < (quick ? 1 : RUNS); run += 1) alone.push(await fromPutToSsh(lab, [`alone-${run}`]));
    const many: Figure[] = [];
    for (const count of quick ? [2] : [AT_ONCE, MANY]) {
      const names = Array.from({ length: count }, (_, i) => `of-${count}-${i}`);
      const value = await fromPutToSsh(lab, names, 'stay');
      const target = count === AT_ONCE ? { target: { atMost: 5000 } } : {};
      many.push({ what: `${count} at once, from the PUTs to ssh of all`, value, unit: 'ms', ...target });
    }
    const idle = await idleMemory();
    return [
      {
        what: `from the PUT to ssh, median of ${alone.length}`,
        value: median(alone),
        unit: 'ms',
        target: { atMost: 1500 },
        spread: spreadOf(alone),
      },
      ...many,
      {
        what: `memory of an idle host (PSS), median of ${idle.length}`,
        value: median(idle),
        unit: 'MB',
        target: { atMost: 15 },
        gates: true,
      },
    ];
  },
};

/** From the request until the last of them has run a command over ssh, in ms. */
async function fromPutToSsh(lab: HostLab, names: readonly string[], afterwards?: 'stay'): Promise<number> {
  const addresses = new Map<string, string>();
  for (const name of names) addresses.set(name, await lab.interface(name));
  const began = performance.now();
  await Promise.all(
    names.map(async (name) => {
      const { status, error } = await lab.until('PUT', lab.machineId(name), lab.body(name));
      if (status !== 'Succeeded') throw new Error(error);
      const { code, out } = await lab.ssh(addresses.get(name) ?? '', 'true');
      if (code !== 0) throw new Error(`${name}: ${out}`);
    }),
  );
  const took = performance.now() - began;
  if (afterwards === undefined) await Promise.all(names.map((name) => lab.until('DELETE', lab.machineId(name))));
  return took;
}

const MB = 1000;

/** The memory that is a host's own share, of all its processes, in MB. */
async function idleMemory(): Promise<readonly number[]> {
  const [tree = ''] = cgroups();
  const folder = join(tree, '..');
  const machines = (await readdir(folder, { withFileTypes: true })).filter((one) => one.isDirectory());
  return Promise.all(
    machines.map(async ({ name }) => {
      const pids = (await readFile(join(folder, name, 'in', 'cgroup.procs'), 'utf8')).trim().split('\n');
      const shares = await Promise.all(pids.map(shareOf));
      return shares.reduce((sum, share) => sum + share, 0) / MB;
    }),
  );
}

async function shareOf(pid: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
}
