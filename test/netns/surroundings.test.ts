import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { lacks } from '../client/process.ts';
import { leftovers } from './leftovers.ts';

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
/** A user that every system has, without any right. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const ROOT = process.platform !== 'linux' || process.getuid?.() !== 0 ? 'the lab needs Linux and root' : false;
const RULES = ROOT === false ? lacks('iptables') : ROOT;

/** Plays the demo, and what it printed. */
async function demo(prefix: readonly string[], as: { readonly uid?: number; readonly gid?: number } = {}) {
  const [tool, ...args] = [...prefix, process.execPath, MAIN, 'demo'];
  const { stdout } = await run(tool, args, { timeout: 120_000, ...as, env: { ...process.env, HOME: tmpdir() } });
  return stdout;
}

const ALLOWED = /host-a\$ .* 200 OK\n.*host-b\$ .* 403 Forbidden client with IP '198\.18\.77\.\d+' is not allowed/;

describe('the lab without root', { skip: ROOT }, () => {
  it('plays the story in a user namespace, and leaves nothing', async () => {
    assert.match(await demo([], NOBODY), ALLOWED);
    assert.deepEqual(leftovers(), []);
  });

  it('is not tried unasked: the banner says how to ask, and where there can be none, why', async () => {
    const plain = await banner(['--lab', 'auto'], NOBODY);
    assert.match(plain, /lab +none, .*--lab on/);
  });
});

describe("the lab beside other people's packet rules", { skip: RULES }, () => {
  it('works where everything that comes in or is forwarded is dropped, as by ufw and docker', async () => {
    const closed = [
      ['-P', 'INPUT', 'DROP'],
      ['-P', 'FORWARD', 'DROP'],
      ['-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j', 'ACCEPT'],
      ['-A', 'INPUT', '-i', 'lo', '-j', 'ACCEPT'],
    ];
    const script = [...closed.map((line) => `iptables ${line.join(' ')}`), 'exec "$0" "$@"'].join(' && ');
    const own = ['unshare', '--net', '--mount', '--propagation', 'private', 'sh', '-c'];
    const fresh = 'ip link set lo up && mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ';
    assert.match(await demo([...own, `${fresh}${script}`]), ALLOWED);
  });
});

const CONTAINER = ROOT === false ? lacks('podman', 'runc') : ROOT;

describe('the lab inside one privileged container', { skip: CONTAINER }, () => {
  it("plays the story in a container that has this machine's files and no network of its own", async () => {
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096'];
    const how = ['--rm', '--runtime', 'runc', '--privileged', '--network', 'none', ...limits, '--env', 'HOME=/tmp'];
    assert.match(await demo(['podman', 'run', ...how, '--rootfs', '/:O']), ALLOWED);
  });
});

describe('a server with a lab', { skip: ROOT }, () => {
  it('runs without root, while its supervisor keeps the names in the hosts file, and takes them out when it is killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'seawall-names-'));
    try {
      await chmod(folder, 0o755);
      const hosts = join(folder, 'hosts');
      await writeFile(hosts, '127.0.0.1 localhost\n');
      const server = up(['--lab', 'on', '--hosts-file', hosts, '--data', join(folder, 'data')]);
      const said = await readyOf(server);
      assert.match(said, /runs as +nobody; the lab's supervisor alone is root/);
      assert.match(await readFile(hosts, 'utf8'), /^198\.18\.77\.2 myregistry\.azurecr\.test$/m);
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
      assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
      server.kill('SIGKILL');
      await once(server, 'exit');
      const until = performance.now() + 20_000;
      while ((await readFile(hosts, 'utf8')) !== '127.0.0.1 localhost\n' || leftovers().length > 0)
        assert.ok(performance.now() < until, 'the supervisor left something behind');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** What a server prints when it is ready; it is stopped then. */
async function banner(flags: readonly string[], as: typeof NOBODY): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'seawall-banner-'));
  try {
    await chmod(folder, 0o777);
    const server = up([...flags, '--data', join(folder, 'data')], as);
    const said = await readyOf(server);
    server.kill();
    await once(server, 'exit');
    return said;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function up(flags: readonly string[], as: { readonly uid?: number; readonly gid?: number } = {}): ChildProcess {
  const quiet = [
    '--access-log',
    'off',
    '--log-level',
    'error',
    '--registry',
    '127.0.0.1:5443',
    '--control',
    '127.0.0.1:0',
  ];
  return spawn(process.execPath, [MAIN, 'up', ...quiet, ...flags], {
    ...as,
    env: { ...process.env, HOME: tmpdir(), SUDO_UID: '', SUDO_GID: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Everything up to the end of the banner. */
async function readyOf(server: ChildProcess): Promise<string> {
  let said = '';
  for await (const more of server.stdout ?? []) {
    said += String(more);
    if (said.includes('Next:')) return said;
  }
  throw new Error(`the server ended before it was ready: ${said}`);
}
