import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const WHY_NOT = process.platform !== 'linux' || process.getuid?.() !== 0 ? 'the lab needs Linux and root' : false;

/** Where the doctor looks: after which commands, with which variables and tools. */
interface Machine {
  readonly first?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly without?: readonly string[];
  readonly as?: { readonly uid: number; readonly gid: number };
}

describe('a machine that can have no lab', { skip: WHY_NOT }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seawall-preflight-'));
    await run('chmod', ['755', folder]);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** What the doctor says, in a network of its own, and that it left that as it was. */
  const doctor = async ({ first = 'true', env = {}, without = [], as }: Machine): Promise<string> => {
    const path = await toolsBut(without);
    const look = 'ip -o addr; ip -o route show table all; ls /run/netns';
    const node = `${process.execPath} ${MAIN} lab doctor`;
    const whom = as === undefined ? '' : `setpriv --reuid ${as.uid} --regid ${as.gid} --clear-groups `;
    const script = `set -e; ip link set lo up; mount -t tmpfs tmpfs /run; mkdir /run/netns; ${first}; before=$(${look})
      env PATH=${path} ${whom}${node} || true; after=$(${look}); [ "$before" = "$after" ] || echo "the network has changed: $after"`;
    const own = ['--net', '--mount', '--propagation', 'private', 'sh', '-c', script];
    const { stdout } = await run('unshare', own, {
      env: { PATH: process.env['PATH'], HOME: folder, ...env },
      timeout: 60_000,
    });
    assert.doesNotMatch(stdout, /the network has changed/);
    return stdout;
  };

  /** A folder with the tools that the lab needs, but for these. */
  const toolsBut = async (without: readonly string[]): Promise<string> => {
    const bin = await mkdtemp(join(folder, 'bin-'));
    await run('chmod', ['755', bin]);
    for (const tool of ['ip', 'nft', 'sysctl', 'unshare', 'sh', 'mount', 'env', 'setpriv'])
      if (!without.includes(tool)) {
        const { stdout } = await run('which', [tool]);
        await symlink(stdout.trim(), join(bin, tool));
      }
    return bin;
  };

  it('is told so, where one that can is told how to begin', async () => {
    assert.match(await doctor({}), /^This machine can have a lab: seawall up --lab on/);
  });

  const rows: readonly (readonly [string, Machine, RegExp])[] = [
    ['without nft', { without: ['nft'] }, /needs nftables: apt-get install --yes nftables/],
    ['without ip', { without: ['ip'] }, /needs iproute2: apt-get install --yes iproute2/],
    [
      'without either',
      { without: ['ip', 'nft'] },
      /needs iproute2 and nftables: apt-get install --yes iproute2 nftables/,
    ],
    ['without root', { as: { uid: 65_534, gid: 65_534 } }, /the lab needs root: start with sudo/],
    [
      'with an address in the range',
      { first: 'ip addr add 198.18.77.9/32 dev lo' },
      /198\.18\.77\.9 \(of lo\) lies in 198\.18\.77\.0\/24, .* choose another range, such as --public-prefix/,
    ],
    [
      'with a route into the range',
      { first: 'ip route add 198.18.77.128/25 dev lo' },
      /198\.18\.77\.128 \(in the route /,
    ],
    [
      'whose resolver is in the range',
      { first: `echo nameserver 198.18.77.53 > /run/resolv && mount --bind /run/resolv /etc/resolv.conf` },
      /198\.18\.77\.53 \(the resolver\)/,
    ],
    [
      'whose proxy is in the range',
      { env: { https_proxy: 'http://user:secret@198.18.77.8:3128' } },
      /198\.18\.77\.8 \(of 198\.18\.77\.8, by which or from which packages come here\)/,
    ],
    [
      'whose package host is in the range, by its name',
      {
        first:
          'cp /etc/hosts /run/hosts && echo 198.18.77.7 packages.example >> /run/hosts && mount --bind /run/hosts /etc/hosts && ' +
          'echo "deb http://packages.example/debian stable main" > /run/list && mount -t tmpfs tmpfs /etc/apt && cp /run/list /etc/apt/sources.list',
      },
      /198\.18\.77\.7 \(of packages\.example, /,
    ],
  ];
  for (const [name, machine, expected] of rows)
    it(`${name} is told so, and what to do; its network stays as it was`, async () => {
      assert.match(await doctor(machine), expected);
    });

  it('refuses to start where a lab is asked for, with the same words', async () => {
    const path = await toolsBut(['nft']);
    const file = join(folder, 'seawall.json');
    await writeFile(file, '{}');
    const argv = [MAIN, 'up', '--lab', 'on', '--data', join(folder, 'data'), '--config', file];
    const failed = await run(process.execPath, argv, { env: { PATH: path, HOME: folder } }).catch(
      (error: { readonly code: number; readonly stderr: string }) => error,
    );
    assert.ok('code' in failed);
    assert.equal(failed.code, 78);
    assert.match(failed.stderr, /cannot start: the lab cannot be made: .*apt-get install --yes nftables/);
  });
});
