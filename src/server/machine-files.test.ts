import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { machineFiles } from './machine-files.ts';

describe('what a machine of the lab finds of it', () => {
  const files = new Map(
    machineFiles({
      control: 'https://198.18.77.2:8443/',
      authority: 'https://198.18.77.2:8443',
      registrySuffix: 'azurecr.test',
    }).map((one) => [one.path, one]),
  );

  it('is the way to packages', () =>
    assert.match(
      files.get('/etc/apt/apt.conf.d/90seawall')?.content ?? '',
      /Acquire::http::Proxy "http:\/\/169\.254\.100\.2:3128";/,
    ));

  for (const folder of ['/root/.azure', '/etc/skel/.azure'])
    it(`is the cloud of az in ${folder}, as az itself writes it, for its owner's eyes`, () => {
      assert.match(files.get(`${folder}/config`)?.content ?? '', /^\[cloud\]\nname = seawall\n/);
      const { content = '', mode } = files.get(`${folder}/clouds.config`) ?? {};
      assert.match(content, /^\[seawall\]\n/);
      assert.match(content, /^endpoint_resource_manager = https:\/\/198\.18\.77\.2:8443$/m);
      assert.match(content, /^endpoint_active_directory = https:\/\/198\.18\.77\.2:8443\/adfs$/m);
      assert.match(content, /^suffix_acr_login_server_endpoint = \.azurecr\.test$/m);
      assert.equal(mode, 0o600);
    });
});
