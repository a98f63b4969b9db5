import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { REPOSITORY_ACTIONS, type RepositoryAction } from './action.ts';
import { ANONYMOUS_PULL, can, canCatalog, EVERYTHING, type Grant, NOTHING } from './grant.ts';
import { compileScopeMap, SYSTEM_SCOPE_MAPS } from './scope-map.ts';

const allow = true;
const deny = false;

function mapOf(...actions: readonly string[]): Grant {
  const compiled = compileScopeMap(actions);
  assert.equal(compiled.kind, 'compiled');
  return compiled.grant;
}

const ROWS: readonly (readonly [string, Grant, RepositoryAction, string, boolean])[] = [
  ['an owner deletes', EVERYTHING, 'delete', 'team/app', allow],
  ['nobody pulls', NOTHING, 'pull', 'team/app', deny],
  ['an anonymous caller pulls where that is on', ANONYMOUS_PULL, 'pull', 'team/app', allow],
  ['an anonymous caller pushes', ANONYMOUS_PULL, 'push', 'team/app', deny],
  ['content/read pulls', mapOf('repositories/team/app/content/read'), 'pull', 'team/app', allow],
  ['content/read pushes', mapOf('repositories/team/app/content/read'), 'push', 'team/app', deny],
  ['content/read pulls a neighbour', mapOf('repositories/team/app/content/read'), 'pull', 'team/app2', deny],
  ['content/read pulls what is below', mapOf('repositories/team/app/content/read'), 'pull', 'team/app/x', deny],
  ['content/write pushes', mapOf('repositories/a/content/write'), 'push', 'a', allow],
  ['content/write alone pulls', mapOf('repositories/a/content/write'), 'pull', 'a', deny],
  ['content/delete deletes', mapOf('repositories/a/content/delete'), 'delete', 'a', allow],
  ['content/write deletes', mapOf('repositories/a/content/write'), 'delete', 'a', deny],
  ['metadata/read reads metadata', mapOf('repositories/a/metadata/read'), 'metadata_read', 'a', allow],
  ['metadata/read writes metadata', mapOf('repositories/a/metadata/read'), 'metadata_write', 'a', deny],
  ['metadata/write writes metadata', mapOf('repositories/a/metadata/write'), 'metadata_write', 'a', allow],
  ['metadata/write reads metadata', mapOf('repositories/a/metadata/write'), 'metadata_read', 'a', deny],
  ['* pulls anything', mapOf('repositories/*/content/read'), 'pull', 'deep/er/name', allow],
  ['* for read pushes', mapOf('repositories/*/content/read'), 'push', 'deep/er/name', deny],
  ['team/* pulls below team', mapOf('repositories/team/*/content/read'), 'pull', 'team/a/b', allow],
  ['team/* pulls team itself', mapOf('repositories/team/*/content/read'), 'pull', 'team', deny],
  ['team/* pulls beside team', mapOf('repositories/team/*/content/read'), 'pull', 'teams/a', deny],
  ['a repository called content', mapOf('repositories/content/read/content/read'), 'pull', 'content/read', allow],
];

describe('a grant', () => {
  for (const [what, grant, action, repository, expected] of ROWS)
    it(`${what}: ${expected ? 'allowed' : 'denied'}`, () => assert.equal(can(grant, action, repository), expected));
  it('the catalog is for those who may read the metadata of all repositories', () => {
    assert.equal(canCatalog(EVERYTHING), true);
    assert.equal(canCatalog(mapOf('repositories/*/metadata/read')), true);
    assert.equal(canCatalog(mapOf('repositories/*/content/read')), false);
    assert.equal(canCatalog(mapOf('repositories/team/*/metadata/read')), false);
    assert.equal(canCatalog(ANONYMOUS_PULL), false);
  });
});

describe('a system scope map', () => {
  const expected: Readonly<Record<string, readonly RepositoryAction[]>> = {
    _repositories_pull: ['pull'],
    _repositories_pull_metadata_read: ['pull', 'metadata_read'],
    _repositories_push: ['pull', 'push'],
    _repositories_push_metadata_write: ['pull', 'push', 'metadata_read', 'metadata_write'],
    _repositories_admin: REPOSITORY_ACTIONS,
  };
  for (const [name, actions] of Object.entries(expected))
    it(`${name} gives ${actions.join(', ')} and nothing else`, () => {
      const grant = mapOf(...(SYSTEM_SCOPE_MAPS.get(name) ?? []));
      assert.deepEqual(
        REPOSITORY_ACTIONS.filter((action) => can(grant, action, 'any/name')),
        actions,
      );
    });
  it('there are no others', () => assert.deepEqual([...SYSTEM_SCOPE_MAPS.keys()].sort(), Object.keys(expected).sort()));
});

describe('a malformed scope map action is refused by name', () => {
  for (const action of [
    'repositories/a/content/execute',
    'repositories//content/read',
    'repositories/a',
    'repositories/A/content/read',
    'repositories/a*/content/read',
    'repositories/*/b/content/read',
    'repositories/**/content/read',
    'repositories/../content/read',
    'gateway/a/config/read',
    '',
  ])
    it(JSON.stringify(action), () => {
      const compiled = compileScopeMap(['repositories/a/content/read', action]);
      assert.equal(compiled.kind, 'malformed');
      assert.equal(compiled.action, action);
    });
});
