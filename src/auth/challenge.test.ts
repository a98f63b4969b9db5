import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { challengeDetail, formatChallenge } from './challenge.ts';

const WHERE = { realmBase: 'https://myregistry.azurecr.test:5443', loginServer: 'myregistry.azurecr.test' };

/** How `az` reads a challenge (facts/acr.md §3.1): split at the first spaces, at most three parts, then at commas. */
function parseLikeAz(header: string): Readonly<Record<string, string>> {
  const parts = header.split(' ', 3);
  const parameters = (parts[1] ?? '').split(',').map((part) => part.trim());
  return Object.fromEntries(parameters.map((part) => part.split('=', 2).map((text) => text.replaceAll('"', ''))));
}

/** How RFC 9110 §11.2 reads one: a scheme, then names with quoted strings, parted by commas. */
function parseStrictly(header: string): Readonly<Record<string, string>> {
  const [, scheme, list = ''] = /^([!#$%&'*+.^_`|~\w-]+) (.*)$/s.exec(header) ?? [];
  assert.equal(scheme, 'Bearer');
  const parameter = /^([!#$%&'*+.^_`|~\w-]+)="((?:[^"\\]|\\.)*)"(?:,|$)/;
  const parsed: Record<string, string> = {};
  for (let rest = list; rest !== ''; ) {
    const [whole = '', name = '', value = ''] = parameter.exec(rest) ?? assert.fail(`cannot read ${rest}`);
    assert.equal(Object.hasOwn(parsed, name), false);
    parsed[name] = value;
    rest = rest.slice(whole.length);
  }
  return parsed;
}

describe('a challenge', () => {
  it('of /v2/ is read alike by az and by the specification', () => {
    const header = formatChallenge({ ...WHERE, needed: { kind: 'login' } });
    assert.equal(
      header,
      'Bearer realm="https://myregistry.azurecr.test:5443/oauth2/token",service="myregistry.azurecr.test"',
    );
    assert.deepEqual(parseLikeAz(header), parseStrictly(header));
    assert.deepEqual(Object.keys(parseLikeAz(header)), ['realm', 'service']);
  });

  for (const [needed, scope] of [
    [{ kind: 'catalog' }, 'registry:catalog:*'],
    [{ kind: 'repository', name: 'a/b', action: 'pull' }, 'repository:a/b:pull'],
    [{ kind: 'repository', name: 'a/b', action: 'metadata_read' }, 'repository:a/b:metadata_read'],
    [{ kind: 'repository', name: 'a/b', action: 'delete' }, 'repository:a/b:delete'],
  ] as const)
    it(`names the scope ${scope}, for az too`, () => {
      const header = formatChallenge({ ...WHERE, needed });
      assert.equal(parseStrictly(header)['scope'], scope);
      assert.deepEqual(parseLikeAz(header), parseStrictly(header));
    });

  it('asks who pushes for both, as the client will also look at what is there', () => {
    const header = formatChallenge({ ...WHERE, needed: { kind: 'repository', name: 'a', action: 'push' } });
    assert.equal(parseStrictly(header)['scope'], 'repository:a:pull,push');
  });

  it('of a mount names the source as well, which is pulled from', () => {
    const needed = { kind: 'repository', name: 'a', action: 'push', source: 'b' } as const;
    assert.equal(
      parseStrictly(formatChallenge({ ...WHERE, needed }))['scope'],
      'repository:a:pull,push repository:b:pull',
    );
  });

  it('says why a token does not do, behind everything else', () => {
    const header = formatChallenge({ ...WHERE, needed: { kind: 'login' }, error: 'invalid_token' });
    assert.equal(parseStrictly(header)['error'], 'invalid_token');
    assert.deepEqual(parseLikeAz(header), parseStrictly(header));
    assert.match(header, /,error="invalid_token"$/);
  });

  it('comes with a detail like that of Azure', () => {
    assert.equal(challengeDetail({ kind: 'login' }), undefined);
    assert.deepEqual(challengeDetail({ kind: 'catalog' }), [{ Type: 'registry', Name: 'catalog', Action: '*' }]);
    assert.deepEqual(challengeDetail({ kind: 'repository', name: 'a', action: 'pull' }), [
      { Type: 'repository', Name: 'a', Action: 'pull' },
    ]);
  });
});
