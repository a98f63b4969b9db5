import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HostPlan, LabPlan, NetworkPlan } from '../plan.ts';
import type { MachinePlan } from '../machine.ts';
import { checkBlock, checkMachine, checkPlan } from './check.ts';

const HOST: HostPlan = {
  name: 'jump',
  namespace: 'swl-h-jump',
  link: 'h0123456789',
  bridge: 's0123456789',
  address: '10.0.0.4/24',
  mac: '00:0d:3a:12:34:56',
  gateway: '10.0.0.1',
  groups: [
    [
      {
        direction: 'Outbound',
        priority: 100,
        access: 'Deny',
        protocol: 'tcp',
        sources: ['*'],
        sourcePorts: ['*'],
        destinations: ['AzureContainerRegistry.WestEurope', '10.0.0.0/8'],
        destinationPorts: ['443', '8000-8080'],
      },
    ],
  ],
};
const NETWORK: NetworkPlan = {
  id: '/subscriptions/0/resourcegroups/my_group(1)/providers/microsoft.network/virtualnetworks/a.b',
  namespace: 'swl-0123456789',
  link: 'swl0123456789',
  egress: undefined,
  space: ['10.0.0.0/16'],
  subnets: [{ bridge: 's0123456789', gateways: ['10.0.0.1/24'], endpoint: true }],
  publicAddresses: [{ public: '198.18.77.3', private: '10.0.0.4' }],
  endpoints: [{ address: '10.0.0.5', bridge: 's0123456789' }],
  hosts: [HOST],
  notCarried: ['10.0.0.6'],
  trusted: ['10.0.0.7'],
};
const PLAN: LabPlan = {
  publicPrefix: '198.18.77.0/24',
  gateway: '198.18.77.1',
  registry: '198.18.77.2',
  machine: true,
  networks: [NETWORK],
  peerings: [],
};
const BLOCK = { pid: 1, dataDir: '/data', address: '198.18.77.2', names: ['myregistry.azurecr.test'] };

describe('what the supervisor is asked for', () => {
  it('is carried out when every text has the form of its member', () => assert.equal(checkPlan(PLAN), PLAN));

  const lies: readonly (readonly [string, LabPlan])[] = [
    ['a line more', { ...PLAN, registry: '198.18.77.2\nlink del eth0' }],
    ['an argument more', { ...PLAN, gateway: '198.18.77.1 dev eth0' }],
    ['a namespace that is not of the lab', { ...PLAN, networks: [{ ...NETWORK, namespace: 'other' }] }],
    ['a namespace elsewhere', { ...PLAN, networks: [{ ...NETWORK, namespace: 'swl-../x' }] }],
    ['a rule more', { ...PLAN, networks: [{ ...NETWORK, space: ['10.0.0.0/16 }; flush ruleset; #'] }] }],
    ['an option for a name', { ...PLAN, networks: [{ ...NETWORK, hosts: [{ ...HOST, name: '-force' }] }] }],
    ['a member that is not known', Object.assign({ command: 'reboot' }, PLAN)],
  ];
  for (const [name, plan] of lies) it(`is refused with ${name}`, () => assert.throws(() => checkPlan(plan)));

  it('names registries in the hosts file, and writes no other line', () => {
    assert.doesNotThrow(() => checkBlock(BLOCK));
    assert.throws(() => checkBlock({ ...BLOCK, names: ['a\n127.0.0.1 github.com'] }));
    assert.throws(() => checkBlock({ ...BLOCK, address: '127.0.0.1 github.com #' }));
  });
});

const MACHINE: MachinePlan = {
  uid: '6c47cd07-2caa-4b3e-9f0e-1b2c3d4e5f60',
  name: 'jump',
  namespace: 'swl-h-jump',
  hostname: 'myDockerVM',
  base: '/var/lib/images/debian-12/1/root',
  main: { kind: 'ssh', admin: 'azureuser', keys: ['ssh-ed25519 AAAA me@example'] },
  power: 'running',
  boot: 0,
  files: [{ path: '/etc/apt/apt.conf.d/90seawall', mode: 0o644, owner: 'root', content: 'x' }],
  limits: { memoryBytes: 1, pids: 1, cpus: 1 },
};

describe("a machine's plan", () => {
  it('is taken as it is', () => {
    assert.equal(checkMachine(MACHINE), MACHINE);
  });

  const file = (path: string): MachinePlan['files'] => [{ path, mode: 0o644, owner: 'root', content: '' }];
  const ssh = (admin: string, key: string): MachinePlan['main'] => ({ kind: 'ssh', admin, keys: [key] });
  const WRONG: readonly (readonly [string, Partial<MachinePlan>])[] = [
    ['a folder elsewhere', { uid: '../x' }],
    ["another's namespace", { namespace: 'docker' }],
    ['a router', { namespace: 'swl-0123456789' }],
    ['a host name of two lines', { hostname: 'a\nb' }],
    ['a user that is an option', { main: ssh('-o', 'ssh-rsa AAAA') }],
    ['a key of two lines', { main: ssh('me', 'ssh-rsa AAAA\nssh-rsa BBBB') }],
    ['a file above its root', { files: file('/etc/../../x') }],
    ['a file that is nowhere', { files: file('etc/x') }],
    ['no number', { limits: { memoryBytes: Number.NaN, pids: 1, cpus: 1 } }],
  ];
  for (const [what, wrong] of WRONG)
    it(`is refused with ${what}`, () => {
      assert.throws(() => checkMachine({ ...MACHINE, ...wrong }), /which is none/);
    });
});
