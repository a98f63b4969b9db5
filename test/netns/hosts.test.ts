import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { lacks } from '../client/process.ts';
import { type HostLab, startHostLab } from './host-lab.ts';
import { cgroups, leftovers } from './leftovers.ts';

const run = promisify(execFile);
/** Why there can be no hosts here. */
const WHY_NOT =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'hosts need Linux and root'
    : lacks('ssh', 'unshare', 'nsenter', 'setpriv', 'nft', 'mmdebstrap');

describe('a host', { skip: WHY_NOT, timeout: 900_000 }, () => {
  let lab: HostLab;
  let address: string;
  before(async () => {
    lab = await startHostLab();
    address = await lab.machine('myDockerVM');
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('answers ssh as soon as its machine is there, by the name it was given', async () => {
    assert.deepEqual(await lab.ssh(address, 'hostname; id -un'), { code: 0, out: 'myDockerVM\nazureuser\n' });
    assert.equal(await lab.power('myDockerVM'), 'running');
    assert.match((await lab.ask('GET', lab.machineId('myDockerVM'))).text, /"provisioningState":"Succeeded"/);
  });

  it('lets its administrator be root without a password, and nobody else sign in', async () => {
    assert.deepEqual(await lab.ssh(address, 'sudo id -un'), { code: 0, out: 'root\n' });
    const other = await run('ssh', [
      '-o',
      'BatchMode=yes',
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'IdentitiesOnly=yes',
      '-i',
      '/dev/null',
      `azureuser@${address}`,
      'true',
    ]).catch((error: unknown) => String(error));
    assert.match(JSON.stringify(other), /Permission denied/);
  });

  it('reaches the registry by its name, trusts it, and is known by its subnet', async () => {
    const { out } = await lab.ssh(
      address,
      'curl -s -m 8 -o /dev/null -D- -H "x-seawall-explain: 1" https://myregistry.azurecr.test/v2/',
    );
    assert.match(out, /^HTTP\/1\.1 401/);
    assert.match(out, /x-seawall-address: 10\.0\.0\.4\r/);
  });

  it('sees nothing of the machine: neither its processes, its files, its devices, nor the data', async () => {
    const look = `sudo sh -c 'ls -d ${lab.seawall.dataDir} 2>&1; ps -e | wc -l; ls /dev | tr "\\n" " "'`;
    const { out } = await lab.ssh(address, look);
    assert.match(out, /No such file/);
    assert.ok(Number(out.split('\n')[1]) < 15, out);
    assert.doesNotMatch(out, /\b(?:sd|vd|nvme|loop)[a-z0-9]+ /);
    const settings = await lab.ssh(address, 'sudo sh -c "echo 1 > /proc/sys/kernel/panic"; sudo dmesg; echo');
    assert.match(settings.out, /(?:Read-only|Permission denied|Operation not permitted)/);
  });

  it('has the capabilities that it needs, and no other, whoever asks', async () => {
    const { out } = await lab.ssh(address, 'sudo grep CapBnd /proc/self/status');
    assert.match(out, /00000000a82c35fb/);
    const command = { commandId: 'RunShellScript', script: ['grep CapEff /proc/self/status'] };
    const answer = await lab.ask('POST', `${lab.machineId('myDockerVM')}/runCommand`, command);
    assert.match(answer.text, /00000000a82c35fb/);
  });

  it('runs a command of the management API as root, with its parameters, and tells how it ended', async () => {
    const runCommand = async (...script: readonly string[]): Promise<string> => {
      const body = { commandId: 'RunShellScript', script, parameters: [{ name: 'arg1', value: "it's" }] };
      return (await lab.ask('POST', `${lab.machineId('myDockerVM')}/runCommand`, body)).text;
    };
    assert.match(
      await runCommand('id -un; echo "$1"; hostname >&2'),
      /succeeded: \\n\[stdout\]\\nroot\\nit's\\n\\n\[stderr\]\\nmyDockerVM/,
    );
    assert.match(await runCommand('exit 7'), /"ProvisioningState\/failed".*exit status=7/);
    const long = await runCommand('yes | head -c 100000; echo end');
    assert.ok(long.length < 10_000 && long.includes('end'), String(long.length));
    assert.match(await runCommand('nohup sleep 300 >/dev/null 2>&1 & echo left'), /left/);
  });

  it('is stopped, started, restarted and deallocated, and tells how it is found', async () => {
    const act = (action: string): Promise<{ readonly status: string }> =>
      lab.until('POST', `${lab.machineId('myDockerVM')}/${action}`);
    await lab.ssh(address, 'touch kept; sudo touch /run/gone');
    assert.equal((await act('powerOff')).status, 'Succeeded');
    assert.equal(await lab.power('myDockerVM'), 'stopped');
    assert.notEqual((await lab.ssh(address, 'true')).code, 0);
    assert.equal((await act('start')).status, 'Succeeded');
    assert.equal(await lab.power('myDockerVM'), 'running');
    assert.deepEqual(await lab.ssh(address, 'ls; ls /run/gone 2>&1'), {
      code: 2,
      out: "kept\nls: cannot access '/run/gone': No such file or directory\n",
    });
    const booted = async (): Promise<string> => (await lab.ssh(address, 'cut -d" " -f22 /proc/1/stat')).out;
    const before = await booted();
    assert.equal((await act('restart')).status, 'Succeeded');
    assert.notEqual(await booted(), before);
    assert.equal((await act('deallocate')).status, 'Succeeded');
    assert.equal(await lab.power('myDockerVM'), 'deallocated');
    assert.equal((await act('start')).status, 'Succeeded');
  });

  it('is said to be stopped when it ends by itself, until it is started again', async () => {
    await run('kill', ['-9', String(await pidOf(lab))]);
    const deadline = performance.now() + 20_000;
    while ((await lab.power('myDockerVM')) !== 'stopped') assert.ok(performance.now() < deadline);
    assert.equal((await lab.until('POST', `${lab.machineId('myDockerVM')}/start`)).status, 'Succeeded');
    assert.equal((await lab.ssh(address, 'true')).code, 0);
  });

  it('is bounded by its size, and started anew with another', async () => {
    const bound = async (): Promise<string> => (await lab.ssh(address, 'cat /proc/1/cgroup')).out;
    assert.match(await bound(), /:\/(?:init)?$/m);
    const resized = { properties: { hardwareProfile: { vmSize: 'Standard_B1s' } } };
    assert.equal((await lab.until('PATCH', lab.machineId('myDockerVM'), resized)).status, 'Succeeded');
    assert.match((await lab.ask('GET', lab.machineId('myDockerVM'))).text, /"vmSize":"Standard_B1s"/);
    assert.equal((await lab.ssh(address, 'true')).code, 0);
  });

  it('goes with its machine, and nothing is left of it', async () => {
    const folder = join(lab.seawall.dataDir, 'machines');
    await lab.machine('leaving');
    assert.equal((await readdir(folder)).length, 2);
    assert.equal((await lab.until('DELETE', lab.machineId('leaving'))).status, 'Succeeded');
    assert.equal((await readdir(folder)).length, 1);
    assert.deepEqual(
      leftovers().filter((name) => name.includes('leaving')),
      [],
    );
    assert.equal((await lab.ask('GET', lab.idOf('Network', 'networkInterfaces/leaving'))).status, 404);
  });

  describe('beside a neighbour', () => {
    let neighbour: string;
    before(async () => {
      neighbour = await lab.machine('neighbour');
    });

    const ping = (to: string, more = ''): string => `sudo ping -c 1 -W 1 ${more} ${to} >/dev/null 2>&1; echo $?`;

    it('reaches it by its own address', async () => {
      assert.equal((await lab.ssh(address, ping('10.0.0.5'))).out, '0\n');
    });

    it("cannot take the neighbour's address, in IP or in ARP, nor be taken for the gateway", async () => {
      for (const taken of ['10.0.0.5', '10.0.0.77', '10.0.0.1']) {
        const script = `ip addr add ${taken}/24 dev eth0; ping -c 1 -W 1 -I ${taken} 10.0.0.${taken === '10.0.0.1' ? 5 : 1} >/dev/null 2>&1; echo $?; ip addr del ${taken}/24 dev eth0`;
        assert.equal((await lab.ssh(address, `sudo sh -c '${script}'`)).out.trim(), '1', taken);
      }
      // What it said by ARP meanwhile has reached nobody.
      const { out } = await lab.ssh(neighbour, 'ip neigh show 10.0.0.1; ip neigh show 10.0.0.77');
      const { out: own } = await lab.ssh(address, 'cat /sys/class/net/eth0/address');
      assert.ok(!out.includes(own.trim()), out);
    });

    it("cannot take the neighbour's link address", async () => {
      const mac = (await lab.ssh(neighbour, 'cat /sys/class/net/eth0/address')).out.trim();
      const script = `old=$(cat /sys/class/net/eth0/address); ip link set eth0 address ${mac}; ping -c 1 -W 1 10.0.0.1 >/dev/null 2>&1; echo $?; ip link set eth0 address $old; ping -c 1 -W 2 10.0.0.1 >/dev/null; echo $?`;
      const command = { commandId: 'RunShellScript', script: [script] };
      const { text } = await lab.ask('POST', `${lab.machineId('myDockerVM')}/runCommand`, command);
      assert.match(text, /\[stdout\]\\n1\\n0\\n/);
    });
  });
});

describe('a host that cannot be', { skip: WHY_NOT, timeout: 900_000 }, () => {
  let lab: HostLab;
  before(async () => {
    lab = await startHostLab();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  /** Nothing of a machine is there: resource, disk, files, cgroups. */
  async function isGone(name: string): Promise<void> {
    assert.equal((await lab.ask('GET', lab.machineId(name))).status, 404);
    assert.doesNotMatch((await lab.ask('GET', lab.idOf('Compute', 'disks'))).text, new RegExp(name));
    assert.deepEqual(await readdir(join(lab.seawall.dataDir, 'machines')).catch(() => []), []);
    assert.deepEqual(cgroups(), []);
  }

  it('is refused for an image that there is none of, with those that there are', async () => {
    await lab.interface('imageless');
    const imageReference = { publisher: 'Canonical', offer: 'nothing', sku: '99', version: 'latest' };
    const refused = await lab.ask(
      'PUT',
      lab.machineId('imageless'),
      lab.body('imageless', { storageProfile: { imageReference, osDisk: { createOption: 'FromImage' } } }),
    );
    assert.deepEqual([refused.status, /Debian:debian-12:12-gen2/.test(refused.text)], [404, true]);
    await isGone('imageless');
  });

  it('is refused where its subnet has no address left', async () => {
    const subnet = lab.idOf('Network', 'virtualNetworks/v/subnets/small');
    await lab.arm.must('PUT', subnet, { properties: { addressPrefix: '10.0.1.0/29' } });
    const made: number[] = [];
    for (const name of ['small1', 'small2', 'small3', 'small4']) {
      const properties = { ipConfigurations: [{ name: 'c', properties: { subnet: { id: subnet } } }] };
      const nic = lab.idOf('Network', `networkInterfaces/${name}`);
      const answer = await lab.arm.ask('PUT', nic, { location: 'westeurope', properties });
      made.push(answer.status);
      if (answer.status >= 400) assert.match(answer.text, /SubnetIsFull/);
    }
    assert.deepEqual(made, [201, 201, 201, 400]);
    assert.match((await lab.ask('PUT', lab.machineId('small4'), lab.body('small4'))).text, /InvalidResourceReference/);
    await isGone('small4');
  });

  it('is refused with a key that is none', async () => {
    await lab.interface('keyless');
    const linuxConfiguration = { ssh: { publicKeys: [{ keyData: 'ssh-rsa not a key' }] } };
    const osProfile = { computerName: 'keyless', adminUsername: 'azureuser', linuxConfiguration };
    const refused = await lab.ask('PUT', lab.machineId('keyless'), lab.body('keyless', { osProfile }));
    assert.match(refused.text, /is not a public key/);
    await isGone('keyless');
  });

  it('is refused where its interface is used', async () => {
    await lab.machine('first');
    const refused = await lab.ask('PUT', lab.machineId('second'), lab.body('first'));
    assert.match(refused.text, /NicInUse/);
    assert.equal((await lab.until('DELETE', lab.machineId('first'))).status, 'Succeeded');
    await isGone('second');
  });

  it('fails where the host is killed while it starts, and leaves nothing', async () => {
    await lab.interface('killed');
    const made = lab.until('PUT', lab.machineId('killed'), lab.body('killed'));
    await run('kill', ['-9', await starting()]);
    const { status, error } = await made;
    assert.equal(status, 'Failed', error);
    assert.match(error, /VMStartFailed/);
    await isGone('killed');
    const again = await lab.until('PUT', lab.machineId('killed'), lab.body('killed'));
    assert.equal(again.status, 'Succeeded', again.error);
    assert.equal((await lab.until('DELETE', lab.machineId('killed'))).status, 'Succeeded');
  });

  it('fails where its disk is full, and leaves nothing', async () => {
    const folder = join(lab.seawall.dataDir, 'machines');
    await run('mkdir', ['-p', folder]);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=300k,mode=700', 'tmpfs', folder]);
    try {
      await lab.interface('full');
      const { status, error } = await lab.until('PUT', lab.machineId('full'), lab.body('full'));
      assert.equal(status, 'Failed');
      assert.match(error, /VMStartFailed.*(?:No space left|ENOSPC)/);
      await isGone('full');
    } finally {
      await run('umount', [folder]);
    }
  });

  it('fails a deployment that it is part of, with why', async () => {
    const folder = join(lab.seawall.dataDir, 'machines');
    await run('mount', ['-t', 'tmpfs', '-o', 'size=300k,mode=700', 'tmpfs', folder]);
    try {
      await lab.interface('deployed');
      const { location, properties } = lab.body('deployed');
      const resource = {
        type: 'Microsoft.Compute/virtualMachines',
        apiVersion: '2022-08-01',
        name: 'deployed',
        location,
        properties,
      };
      const template = {
        $schema: 'https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#',
        contentVersion: '1.0.0.0',
        resources: [resource],
      };
      const id = lab.idOf('Resources', `deployments/${randomUUID()}`);
      await lab.until('PUT', id, { properties: { mode: 'Incremental', template } });
      const { text } = await lab.ask('GET', id);
      assert.match(text, /"provisioningState":"Failed"/);
      assert.match(text, /VMStartFailed/);
      await isGone('deployed');
    } finally {
      await run('umount', [folder]);
    }
  });
});

/** The first process of the one machine that there is, as this machine numbers it. */
async function pidOf({ seawall }: HostLab): Promise<number> {
  const folder = join(seawall.dataDir, 'machines');
  const [uid = ''] = await readdir(folder);
  const text = await readFile(join(folder, uid, 'process.json'), 'utf8');
  return (JSON.parse(text) as { readonly pid: number }).pid;
}

/** The process of the machine that is being started: the first in its cgroups. */
async function starting(): Promise<string> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    assert.ok(performance.now() < deadline, 'nothing is being started');
    for (const folder of cgroups()) {
      const pids = await readFile(join(folder, 'in', 'cgroup.procs'), 'utf8').catch(() => '');
      const [pid = ''] = pids.trim().split('\n');
      if (pid !== '') return pid;
    }
    await immediate();
  }
}
