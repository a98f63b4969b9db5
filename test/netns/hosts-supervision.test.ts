import assert from 'node:assert/strict';
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { lacks } from '../client/process.ts';
import { type Said, ssh, startHostLab } from './host-lab.ts';
import { cgroups, leftovers } from './leftovers.ts';

const run = promisify(execFile);
/** Why there can be no hosts here. */
const WHY_NOT =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'hosts need Linux and root'
    : lacks('ssh', 'unshare', 'nsenter', 'setpriv', 'nft', 'mmdebstrap');
/** When the first process of a host started: another one is another start. */
const STARTED = 'stat -c %Z /proc/1; ls';

describe('hosts whose server ends', { skip: WHY_NOT, timeout: 600_000 }, () => {
  it('end with it, and are started again by the next one with what was on their disks', async () => {
    await using lab = await startHostLab();
    const address = await lab.machine('jump');
    await lab.ssh(address, 'touch kept');
    const before = await lab.ssh(address, STARTED);
    await lab.seawall.restart();
    const after = await answered(() => lab.ssh(address, STARTED));
    assert.match(after.out, /kept/);
    assert.notEqual(after.out, before.out);
  });

  it('go on without it where they are kept, and are found again by the next one', async () => {
    await using lab = await startHostLab({ settings: { hosts: 'keep' } });
    const address = await lab.machine('jump');
    await lab.ssh(address, 'touch kept');
    const before = await lab.ssh(address, STARTED);
    await lab.seawall.restart();
    const after = await answered(() => lab.ssh(address, STARTED));
    assert.equal(after.out, before.out);
    await run('sh', ['-c', `kill -9 $(cat ${cgroups()[0]}/in/cgroup.procs)`]);
  });
});

describe('hosts whose server and supervisor are killed', { skip: WHY_NOT, timeout: 600_000 }, () => {
  it('are gone at once where they end with it, and nothing is left by the next start', async () => {
    const { data } = await killed('end');
    await until(async () => (await processes()).length === 0);
    assert.notEqual(leftovers().length, 0);
    await using next = await startSeawall({ settings: { lab: 'on', control: '127.0.0.1:0' } });
    assert.deepEqual([leftovers().filter(isHost), cgroups()], [[], []]);
    assert.ok(next.dataDir !== data);
    await rm(dirname(data), { recursive: true });
  });

  it('are taken away by the next start of another server where they were kept', async () => {
    const { data } = await killed('keep');
    assert.notEqual((await processes()).length, 0);
    await using next = await startSeawall({ settings: { lab: 'on', control: '127.0.0.1:0', hosts: 'keep' } });
    assert.deepEqual([leftovers().filter(isHost), cgroups()], [[], []]);
    assert.ok(next.dataDir !== data);
    await rm(dirname(data), { recursive: true });
  });

  it('are found again by the next start of their own server where they were kept', async () => {
    const { data, address, key } = await killed('keep');
    const settings = { lab: 'on', control: '127.0.0.1:0', registry: '127.0.0.1:5443' };
    const root = dirname(data);
    await using next = await startSeawall({ root, settings: { ...settings, hosts: 'keep' } });
    const { out } = await answered(() => ssh(key, address, 'hostname'));
    assert.equal(out, 'jump\n');
    assert.equal((await readdir(join(data, 'machines'))).length, 1);
    await next.close();
    const last = await startSeawall({ root, settings });
    await last.close();
    assert.deepEqual([leftovers(), cgroups()], [[], []]);
    await rm(root, { recursive: true });
  });
});

interface Killed {
  readonly data: string;
  readonly address: string;
  readonly key: string;
}

/** Starts a server with a host, and kills it together with its supervisor. */
async function killed(hosts: 'keep' | 'end'): Promise<Killed> {
  const child = fork(fileURLToPath(new URL('host-server.fixture.ts', import.meta.url)), [hosts], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  });
  const [told] = (await once(child, 'message')) as [Killed];
  const { stdout } = await run('pgrep', ['-P', String(child.pid), '-f', 'supervisor/main.ts']);
  process.kill(child.pid ?? 0, 'SIGSTOP');
  process.kill(Number(stdout), 'SIGKILL');
  child.kill('SIGKILL');
  await once(child, 'exit');
  return told;
}

function isHost(name: string): boolean {
  return name.startsWith('swl-h-');
}

/** What runs in cgroups of hosts. */
async function processes(): Promise<readonly string[]> {
  const { stdout } = await run('sh', [
    '-c',
    `cat ${cgroups()
      .map((one) => `${one}/in/cgroup.procs`)
      .join(' ')} /dev/null`,
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isSo())) assert.ok(performance.now() < deadline);
}

/** What a host says once it is up: who asked for it was another server. */
async function answered(ask: () => Promise<Said>): Promise<Said> {
  let said = await ask();
  await until(async () => {
    if (said.code === 255) said = await ask();
    return said.code !== 255;
  });
  return said;
}
