import { NOTHING } from '../access/grant.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { can } from '../access/grant.ts';
import { compileRegistryView, type RegistryIdentity } from './registry-view.ts';

const REGISTRY: RegistryIdentity = {
  uid: 'u1',
  name: 'myregistry',
  loginServer: 'MyRegistry.azurecr.test',
  adminUserEnabled: false,
  principalGrant: () => NOTHING,
  anonymousPullEnabled: false,
  scopeMaps: [{ name: 'app-pull', actions: ['repositories/app/content/read'] }],
  tokens: [
    { name: 'ci', scopeMap: 'app-pull', status: 'enabled' },
    { name: 'all', scopeMap: '_repositories_pull', status: 'disabled' },
  ],
};

function refusal(change: Partial<RegistryIdentity>): string {
  const compiled = compileRegistryView({ ...REGISTRY, ...change });
  assert.equal(compiled.kind, 'refused');
  return compiled.message;
}

describe('a registry', () => {
  it('is compiled with its own scope maps and those of the system', () => {
    const compiled = compileRegistryView(REGISTRY);
    assert.equal(compiled.kind, 'compiled');
    const { loginServer, tokens } = compiled.view;
    const [ci, all] = [tokens.get('ci'), tokens.get('all')];
    assert.ok(ci && all);
    assert.equal(loginServer, 'myregistry.azurecr.test');
    assert.deepEqual([ci.enabled, can(ci.grant, 'pull', 'app'), can(ci.grant, 'pull', 'other')], [true, true, false]);
    assert.deepEqual(
      [all.enabled, can(all.grant, 'pull', 'other'), can(all.grant, 'push', 'other')],
      [false, true, false],
    );
  });

  it('with a malformed scope map action is refused, naming all three', () => {
    const message = refusal({ scopeMaps: [{ name: 'bad', actions: ['repositories/app/content/run'] }] });
    assert.match(message, /myregistry, scope map bad: the scope map action "repositories\/app\/content\/run" is not/);
  });

  it('with a token whose scope map is not there is refused, naming those that are', () => {
    const message = refusal({ tokens: [{ name: 'ci', scopeMap: 'gone', status: 'enabled' }] });
    assert.match(message, /the token ci .* uses the scope map gone; there are app-pull, _repositories_pull,/);
  });

  it('with a scope map twice, or in place of one of the system, is refused', () => {
    for (const name of ['app-pull', '_repositories_pull']) {
      const scopeMaps = [...REGISTRY.scopeMaps, { name, actions: [] }];
      assert.match(refusal({ scopeMaps }), new RegExp(`more than one scope map ${name}$`));
    }
  });
});
