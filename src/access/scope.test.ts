import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { grantOfAccess, narrow, parseAccess } from './access-entry.ts';
import { REPOSITORY_ACTIONS } from './action.ts';
import { can, canCatalog, EVERYTHING, NOTHING } from './grant.ts';
import { compileScopeMap } from './scope-map.ts';
import { parseScopes } from './scope.ts';

function accessOf(parameters: readonly string[], grant = EVERYTHING): unknown {
  const parsed = parseScopes(parameters);
  assert.equal(parsed.kind, 'parsed');
  return narrow(parsed.scopes, grant);
}

const repository = (name: string, ...actions: readonly string[]): object => ({ type: 'repository', name, actions });
const CATALOG = { type: 'registry', name: 'catalog', actions: ['*'] };

describe('scopes are granted as they are asked', () => {
  for (const [parameters, access] of [
    [['repository:hello-world:pull'], [repository('hello-world', 'pull')]],
    [['repository:a/b:push,pull'], [repository('a/b', 'pull', 'push')]],
    [['repository:a:*'], [repository('a', ...REPOSITORY_ACTIONS)]],
    [['repository:a:*,deleted_read'], [repository('a', ...REPOSITORY_ACTIONS)]],
    [['repository:a:deleted_read'], [repository('a', 'metadata_read')]],
    [['repository:a:deleted_read,deleted_restore'], [repository('a', 'push', 'metadata_read')]],
    [['repository(plugin):a:pull'], [repository('a', 'pull')]],
    [['registry:catalog:*'], [CATALOG]],
    [['registry:deleted_catalog:*'], [CATALOG]],
    [['artifact-repository:repo:pull'], []],
    [['repository:a:pull registry:catalog:*'], [repository('a', 'pull'), CATALOG]],
    [
      ['repository:a:pull', 'repository:b:push'],
      [repository('a', 'pull'), repository('b', 'push')],
    ],
    [['', '  '], []],
    [[], []],
  ] as const)
    it(JSON.stringify(parameters), () => assert.deepEqual(accessOf(parameters), access));
});

describe('a malformed scope is refused by name', () => {
  for (const text of [
    'repository',
    'repository:a',
    'repository::pull',
    'repository:A:pull',
    'repository:a:',
    'repository:a:pull,',
    'repository:a:puull',
    'repository:a:PULL',
    'repository:*:pull',
    'repository:../a:pull',
    'repository:host:5000/a:pull',
    'repositories:a:pull',
    'registry:catalog:pull',
    'registry:other:*',
    ':a:pull',
  ])
    it(text, () => {
      const parsed = parseScopes([`repository:fine:pull ${text}`]);
      assert.equal(parsed.kind, 'malformed');
      assert.equal(parsed.text, text);
      assert.ok(parsed.message.includes(JSON.stringify(text)));
    });
  it('more than a hundred are refused', () => {
    assert.equal(parseScopes(Array.from({ length: 100 }, () => 'repository:a:pull')).kind, 'parsed');
    assert.equal(parseScopes(Array.from({ length: 101 }, () => 'repository:a:pull')).kind, 'malformed');
  });
});

describe('narrowing', () => {
  it('leaves out what is not allowed', () => {
    const compiled = compileScopeMap(['repositories/a/content/read']);
    assert.equal(compiled.kind, 'compiled');
    const asked = ['repository:a:pull,push repository:b:pull registry:catalog:*'];
    assert.deepEqual(accessOf(asked, compiled.grant), [repository('a', 'pull')]);
    assert.deepEqual(accessOf(asked, NOTHING), []);
  });
  it('gives a grant of just what it lists', () => {
    const grant = grantOfAccess(parseAccess([repository('a', 'pull')]) ?? []);
    assert.equal(can(grant, 'pull', 'a'), true);
    assert.equal(can(grant, 'push', 'a'), false);
    assert.equal(can(grant, 'pull', 'a/b'), false);
    assert.equal(canCatalog(grant), false);
    assert.equal(canCatalog(grantOfAccess(parseAccess([CATALOG]) ?? [])), true);
  });
  it('no claim but one that narrowing made is read', () => {
    for (const claim of [
      undefined,
      {},
      'repository:a:pull',
      [null],
      [{ ...repository('a', 'pull'), type: 'registry' }],
      [repository('a', 'root')],
      [repository('a', '*')],
      [{ type: 'repository', name: 1, actions: ['pull'] }],
      [{ type: 'registry', name: 'catalog', actions: ['pull'] }],
      [repository('a', 'pull'), undefined],
    ])
      assert.equal(parseAccess(claim), undefined, JSON.stringify(claim));
  });
});

describe('whatever is asked', () => {
  const word = fc.oneof(
    fc.constantFrom('repository', 'registry', 'catalog', 'pull', 'push', '*', 'a', 'a/b', ',', ' ', ':', '::'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(''));
  it('reading never throws, and nothing is granted to who may do nothing', () =>
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (parameters) => {
        const parsed = parseScopes(parameters);
        if (parsed.kind === 'parsed') assert.deepEqual(narrow(parsed.scopes, NOTHING), []);
      }),
    ));
  it('a narrowed claim survives being written and read', () =>
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (parameters) => {
        const parsed = parseScopes(parameters);
        const access = parsed.kind === 'parsed' ? narrow(parsed.scopes, EVERYTHING) : [];
        assert.deepEqual(parseAccess(JSON.parse(JSON.stringify(access))), access);
      }),
    ));
  it('a hostile name costs linear time', () => {
    const name = 'a-'.repeat(50_000);
    assert.equal(parseScopes([`repository:${name}:pull`]).kind, 'malformed');
    assert.equal(compileScopeMap([`repositories/${name}/content/read`]).kind, 'malformed');
  });
});
