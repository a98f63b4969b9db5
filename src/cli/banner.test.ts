import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { banner } from './banner.ts';
import type { ReadyInfo } from '../server/ready.ts';

const READY: ReadyInfo = {
  registries: [
    {
      name: 'myregistry',
      loginServer: 'myregistry.azurecr.localhost:5443',
      admin: { username: 'myregistry', password: 'secret' },
    },
  ],
  control: 'https://127.0.0.1:8443',
  authority: 'https://127.0.0.1:8443/auth',
  metrics: 'https://127.0.0.1:8443/metrics',
  dataDir: './data',
  stateFile: 'data/run/seawall.json',
  caFile: 'data/trust/ca.pem',
  hosts: { kind: 'off' },
  lab: { kind: 'off' },
};

describe('the banner', () => {
  it('names every URL and ends with the next command to type', () => {
    const text = banner(READY, String);
    for (const url of ['https://myregistry.azurecr.localhost:5443', READY.control, READY.metrics, 'data/trust/ca.pem'])
      assert.ok(text.includes(url), url);
    assert.match(text, /\n {2}docker login myregistry\.azurecr\.localhost:5443 -u myregistry -p secret\n$/);
  });

  it('prints what to do about names where the hosts file could not be written', () => {
    const advice = 'add these lines:\n  127.0.0.1 myregistry.azurecr.localhost';
    assert.ok(banner({ ...READY, hosts: { kind: 'advice', advice } }, String).includes(`\n${advice}\n`));
  });

  it('says how a base image is made where hosts have none, and what the lab stands in for', () => {
    const lab = { kind: 'made', rootless: false } as const;
    const text = banner({ ...READY, lab, baseImages: [], standsFor: ['registry-1.docker.io', 'aka.ms'] }, String);
    assert.match(text, /images +none yet: .*sudo seawall lab image/);
    assert.match(text, /stand-ins +the lab answers for registry-1\.docker\.io and aka\.ms; off by --substitutions off/);
    assert.match(
      banner({ ...READY, lab, baseImages: ['debian-12'], standsFor: [] }, String),
      /images +debian-12\n +stand-ins +off/,
    );
    assert.doesNotMatch(banner(READY, String), /images|stand-ins/);
  });

  it('says where the names are kept', () => {
    assert.match(
      banner({ ...READY, hosts: { kind: 'kept', path: '/etc/hosts' } }, String),
      /names +kept in \/etc\/hosts/,
    );
  });

  it('shows no password where there is none to show, but the command that does', () => {
    const [registry] = READY.registries;
    assert.ok(registry);
    const { admin: _, ...without } = registry;
    assert.match(
      banner({ ...READY, registries: [without] }, String),
      /\n {2}seawall credential show --registry myregistry\n$/,
    );
  });

  it('says plainly that no registry is declared, and how', () => {
    assert.match(
      banner({ ...READY, registries: [] }, String),
      /No registry is declared.*--config:\n {2}\{ "registries"/,
    );
  });

  it('shows the secret of the owner the first time', () => {
    const text = banner({ ...READY, bootstrap: { clientId: 'c', clientSecret: 's' } }, String);
    assert.match(text, /shown this once[\s\S]*client secret {2}s\n/);
    assert.doesNotMatch(banner(READY, String), /client secret/);
  });
});
