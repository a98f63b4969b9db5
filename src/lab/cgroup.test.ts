import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Hierarchy, hierarchiesOf, limitsIn, mountLine } from './cgroup.ts';

const mount = (point: string, type: string, options: string, root = '/'): string =>
  `30 20 0:30 ${root} ${point} rw,relatime shared:9 - ${type} ${type} rw,${options}`;

describe('the trees of cgroups', () => {
  it('are found on a machine of v1, with controllers that are mounted together and names of their own', () => {
    const cgroup = '9:name=systemd:/\n4:memory:/jobs/7\n1:cpu,cpuacct:/jobs/7\n';
    const mounts = [
      mount('/sys/fs/cgroup/systemd', 'cgroup', 'xattr,name=systemd'),
      mount('/sys/fs/cgroup/memory', 'cgroup', 'memory'),
      mount('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'cpu,cpuacct'),
      mount('/sys/fs/cgroup', 'tmpfs', 'mode=755'),
    ].join('\n');
    const found = hierarchiesOf(cgroup, mounts);
    assert.deepEqual(
      found.map(({ own }) => own),
      ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/memory/jobs/7', '/sys/fs/cgroup/cpu,cpuacct/jobs/7'],
    );
    assert.deepEqual(found.map(mountLine), [
      '/sys/fs/cgroup/systemd cgroup none,name=systemd',
      '/sys/fs/cgroup/memory cgroup memory',
      '/sys/fs/cgroup/cpu,cpuacct cgroup cpu,cpuacct',
    ]);
  });

  it('are two kinds on a machine of both, and one on a machine of v2', () => {
    const both = [
      mount('/sys/fs/cgroup/pids', 'cgroup', 'pids'),
      mount('/sys/fs/cgroup/unified', 'cgroup2', 'nsdelegate'),
    ].join('\n');
    assert.deepEqual(
      hierarchiesOf('8:pids:/a\n0::/\n', both).map(({ version, own }) => [version, own]),
      [
        ['v1', '/sys/fs/cgroup/pids/a'],
        ['v2', '/sys/fs/cgroup/unified'],
      ],
    );
    const [only] = hierarchiesOf('0::/user.slice/s\n', mount('/sys/fs/cgroup', 'cgroup2', 'nsdelegate'));
    assert.equal(only?.own, '/sys/fs/cgroup/user.slice/s');
    assert.equal(only === undefined ? '' : mountLine(only), '/sys/fs/cgroup cgroup2 -');
  });

  it('are seen from where a container is, and left aside where none is mounted', () => {
    const inner = mount('/sys/fs/cgroup/memory', 'cgroup', 'memory', '/docker/1');
    assert.equal(hierarchiesOf('4:memory:/docker/1/x\n', inner)[0]?.own, '/sys/fs/cgroup/memory/x');
    assert.equal(hierarchiesOf('4:memory:/docker/1\n', inner)[0]?.own, '/sys/fs/cgroup/memory');
    assert.deepEqual(hierarchiesOf('4:memory:/\n', mount('/proc', 'proc', '')), []);
  });
});

describe('the bounds of a machine', () => {
  const LIMITS = { memoryBytes: 1024, pids: 9, cpus: 2 };
  const v1 = (...controllers: readonly string[]): Hierarchy => ({
    version: 'v1',
    controllers,
    mountPoint: '/m',
    own: '/m',
  });
  const texts = (tree: Hierarchy): readonly string[] =>
    limitsIn(tree, LIMITS).map(({ file, text }) => `${file} ${text}`);

  it('are written by the names of each version', () => {
    assert.deepEqual(texts(v1('memory')), ['memory.limit_in_bytes 1024']);
    assert.deepEqual(texts(v1('cpu', 'cpuacct')), ['cpu.cfs_period_us 100000', 'cpu.cfs_quota_us 200000']);
    assert.deepEqual(texts({ ...v1(), version: 'v2' }), ['memory.max 1024', 'pids.max 9', 'cpu.max 200000 100000']);
    assert.deepEqual(texts(v1('freezer')), []);
  });

  it('deny devices before they allow the few that containers have', () => {
    const [first, ...others] = texts(v1('devices'));
    assert.equal(first, 'devices.deny a');
    assert.ok(others.includes('devices.allow c 1:3 rwm'));
    // To allow `a` is to allow every device, whatever follows.
    assert.ok(others.every((line) => /^devices\.allow [cb] /.test(line)));
  });
});
