import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type SeawallOptions, startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf } from '../management/arm.ts';
import { ensureBaseImage } from './base-image.ts';

const run = promisify(execFile);

/** What `az vm create` makes of images named Debian12. */
const DEBIAN = { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' };

type Json = Readonly<Record<string, unknown>>;

/** The end of a command over ssh. */
export interface Said {
  readonly code: number;
  readonly out: string;
}

/** A server with a lab, one network with one subnet, and a key of somebody's. */
export interface HostLab extends AsyncDisposable {
  readonly seawall: TestSeawall;
  readonly arm: Arm;
  readonly group: string;
  /** The file of the key that machines let in. */
  readonly key: string;
  idOf(type: string, name: string): string;
  machineId(name: string): string;
  /** Makes a network interface with a public address; answers that. */
  interface(name: string): Promise<string>;
  /** The body of a machine on the interface of its name. */
  body(name: string, properties?: Json): Json;
  /** Sends a request about machines. */
  ask(method: string, path: string, body?: Json): ReturnType<Arm['ask']>;
  /** Sends a request that takes its time, and answers how it ended. */
  until(method: string, path: string, body?: Json): Promise<Ended>;
  /** Makes a machine with its interface; throws when it cannot be. */
  machine(name: string, properties?: Json): Promise<string>;
  /** The power state of a machine. */
  power(name: string): Promise<string>;
  ssh(address: string, command: string): Promise<Said>;
}

/** How an operation ended. */
export interface Ended {
  readonly status: string;
  readonly error: string;
}

/** Starts it. */
export async function startHostLab(options: SeawallOptions = {}): Promise<HostLab> {
  await ensureBaseImage();
  const folder = await mkdtemp(join(tmpdir(), 'seawall-key-'));
  const key = join(folder, 'key');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const keyData = (await readFile(`${key}.pub`, 'utf8')).trim();
  const settings = { lab: 'on', registry: '127.0.0.1:5443', control: '127.0.0.1:0', ...options.settings };
  const seawall = await startSeawall({ ...options, settings });
  const lab = await labOf(seawall, { key, keyData });
  return {
    ...lab,
    async [Symbol.asyncDispose]() {
      await seawall.close();
      await rm(folder, { recursive: true });
    },
  };
}

interface Keys {
  readonly key: string;
  readonly keyData: string;
}

async function labOf(seawall: TestSeawall, { key, keyData }: Keys): Promise<Omit<HostLab, keyof AsyncDisposable>> {
  const arm = await armOf(seawall);
  const group = `${arm.subscription}/resourceGroups/hosts`;
  const idOf = (type: string, name: string): string => `${group}/providers/Microsoft.${type}/${name}`;
  const machineId = (name: string): string => idOf('Compute', `virtualMachines/${name}`);
  const ask = (method: string, path: string, body?: Json): ReturnType<Arm['ask']> =>
    arm.ask(method, path, body, { apiVersion: '2022-08-01' });
  const until = async (method: string, path: string, body?: Json): Promise<Ended> => {
    const answer = await ask(method, path, body);
    const { 'azure-asyncoperation': at } = answer.headers;
    if (answer.status >= 400) return { status: 'Failed', error: answer.text };
    return typeof at === 'string' ? poll(arm, new URL(at)) : { status: 'Succeeded', error: '' };
  };
  const lab = {
    seawall,
    arm,
    group,
    key,
    idOf,
    machineId,
    ask,
    until,
    interface: async (name: string) => {
      const address = idOf('Network', `publicIPAddresses/${name}`);
      const made = await arm.must('PUT', address, { location: 'westeurope', properties: {} });
      const subnet = { id: idOf('Network', 'virtualNetworks/v/subnets/s') };
      const properties = { subnet, publicIPAddress: { id: address } };
      await arm.must('PUT', idOf('Network', `networkInterfaces/${name}`), {
        location: 'westeurope',
        properties: { ipConfigurations: [{ name: 'c', properties }] },
      });
      const { ipAddress } = made['properties'] as { readonly ipAddress: string };
      return ipAddress;
    },
    body: (name: string, properties: Json = {}) => ({
      location: 'westeurope',
      properties: {
        hardwareProfile: { vmSize: 'Standard_DS1_v2' },
        storageProfile: { imageReference: DEBIAN, osDisk: { createOption: 'FromImage', deleteOption: 'Delete' } },
        osProfile: {
          computerName: name,
          adminUsername: 'azureuser',
          linuxConfiguration: { ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData }] } },
        },
        networkProfile: {
          networkInterfaces: [
            { id: idOf('Network', `networkInterfaces/${name}`), properties: { deleteOption: 'Delete' } },
          ],
        },
        ...properties,
      },
    }),
    power: async (name: string) => (await ask('GET', `${machineId(name)}/instanceView`)).text.match(POWER)?.[1] ?? '',
    ssh: (address: string, command: string) => ssh(key, address, command),
  };
  const machine = async (name: string, properties?: Json): Promise<string> => {
    const address = await lab.interface(name);
    const { status, error } = await until('PUT', machineId(name), lab.body(name, properties));
    if (status !== 'Succeeded') throw new Error(`${name}: ${error}`);
    return address;
  };
  await arm.must('PUT', group, { location: 'westeurope' });
  await arm.must('PUT', idOf('Network', 'virtualNetworks/v'), {
    location: 'westeurope',
    properties: {
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [
        {
          name: 's',
          properties: {
            addressPrefix: '10.0.0.0/24',
            serviceEndpoints: [{ service: 'Microsoft.ContainerRegistry' }],
          },
        },
      ],
    },
  });
  return { ...lab, machine };
}

const POWER = /PowerState\/(\w+)/;
/** How long an operation may take, in ms. */
const DEADLINE_MS = 90_000;

async function poll(arm: Arm, { pathname, search }: URL): Promise<Ended> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await arm.ask('GET', `${pathname}${search}`, undefined, { apiVersion: '' });
    const { status } = answer.json() as { readonly status: string };
    if (status !== 'InProgress') return { status, error: answer.text };
    if (performance.now() > deadline) throw new Error(`still under way: ${answer.text}`);
  }
}

const OPTIONS = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'ConnectTimeout=10'];

/** Runs a command over ssh, as the administrator of hosts. */
export async function ssh(key: string, address: string, command: string): Promise<Said> {
  const options = OPTIONS.flatMap((option) => ['-o', option]);
  try {
    const argv = ['-i', key, ...options, `azureuser@${address}`, command];
    const { stdout, stderr } = await run('ssh', argv, { timeout: 60_000 });
    return { code: 0, out: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as {
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
    };
    return { code, out: stdout + stderr };
  }
}
