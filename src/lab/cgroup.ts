/** Where cgroups are on this machine, by what the kernel says of it: v1, both (hybrid), or v2. Pure. */
import type { MachineLimits } from './machine.ts';

/** One tree of cgroups, with the place of a process in it. */
export interface Hierarchy {
  /** `v1`: its controllers, `name=systemd` among them; `v2`: none. */
  readonly version: 'v1' | 'v2';
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  /** The folder of the process itself. */
  readonly own: string;
}

/** Reads `/proc/self/cgroup` and `/proc/self/mountinfo`: trees that are mounted, each with the own place in it. */
export function hierarchiesOf(cgroup: string, mountinfo: string): readonly Hierarchy[] {
  const places = cgroup
    .split('\n')
    .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
    .flatMap((match) => (match === null ? [] : [{ controllers: match[1] ?? '', path: match[2] ?? '/' }]));
  return mountsOf(mountinfo).flatMap(({ version, controllers, root, mountPoint }) => {
    const place = places.find((one) => isSame(one.controllers, controllers));
    if (place === undefined) return [];
    return [{ version, controllers, mountPoint, own: below(mountPoint, root, place.path) }];
  });
}

interface Mount extends Pick<Hierarchy, 'version' | 'controllers' | 'mountPoint'> {
  readonly root: string;
}

const OTHER_OPTIONS = new Set(['rw', 'ro', 'none', 'xattr', 'clone_children', 'cpuset_v2_mode', 'noprefix']);

function mountsOf(mountinfo: string): readonly Mount[] {
  const seen = new Set<string>();
  return mountinfo.split('\n').flatMap((line): readonly Mount[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '/', mountPoint = ''] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    const controllers =
      type === 'cgroup2'
        ? []
        : options.split(',').filter((one) => !OTHER_OPTIONS.has(one) && !one.startsWith('release_agent'));
    const key = controllers.join();
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ version: type === 'cgroup' ? 'v1' : 'v2', controllers, root, mountPoint }];
  });
}

function isSame(listed: string, controllers: readonly string[]): boolean {
  return listed.split(',').toSorted().join() === (controllers.length === 0 ? '' : controllers.toSorted().join());
}

/** A mount may show a part of the tree alone, as in a container. */
function below(mountPoint: string, root: string, path: string): string {
  const within = root !== '/' && path.startsWith(root) ? path.slice(root.length) : root === '/' ? path : '';
  return within === '' || within === '/' ? mountPoint : `${mountPoint}/${within.replace(/^\/+/, '')}`;
}

/** A file of a cgroup with what is written into it. `optional`: machines do without where the kernel has no such file. */
export interface CgroupWrite {
  readonly file: string;
  readonly text: string;
}

/** Devices as docker gives them to containers: these few may be used, and the nodes of others at most made. */
const DEVICES = [
  'c *:* m',
  'b *:* m',
  'c 1:3 rwm',
  'c 1:5 rwm',
  'c 1:7 rwm',
  'c 1:8 rwm',
  'c 1:9 rwm',
  'c 5:0 rwm',
  'c 5:1 rwm',
  'c 5:2 rwm',
  'c 136:* rwm',
  'c 10:200 rwm',
];
const PERIOD_US = 100_000;

/** What bounds a machine in one tree, in the order in which it is written. */
export function limitsIn({ version, controllers }: Hierarchy, limits: MachineLimits): readonly CgroupWrite[] {
  const quota = String(limits.cpus * PERIOD_US);
  if (version === 'v2')
    return [
      { file: 'memory.max', text: String(limits.memoryBytes) },
      { file: 'pids.max', text: String(limits.pids) },
      { file: 'cpu.max', text: `${quota} ${PERIOD_US}` },
    ];
  return controllers.flatMap((controller): readonly CgroupWrite[] => {
    switch (controller) {
      case 'memory':
        return [{ file: 'memory.limit_in_bytes', text: String(limits.memoryBytes) }];
      case 'pids':
        return [{ file: 'pids.max', text: String(limits.pids) }];
      case 'cpu':
        return [
          { file: 'cpu.cfs_period_us', text: String(PERIOD_US) },
          { file: 'cpu.cfs_quota_us', text: quota },
        ];
      case 'devices':
        return [{ file: 'devices.deny', text: 'a' }, ...DEVICES.map((text) => ({ file: 'devices.allow', text }))];
      default:
        return [];
    }
  });
}

/** How a machine sees a tree: mount point, type and options of its own mount, with other names of the mount point. */
export function mountLine({ version, controllers, mountPoint }: Hierarchy): string {
  const [first = ''] = controllers;
  const options = version === 'v2' ? '-' : first.startsWith('name=') ? `none,${first}` : controllers.join(',');
  return `${mountPoint} ${version === 'v2' ? 'cgroup2' : 'cgroup'} ${options}`;
}
