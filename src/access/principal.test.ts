import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatPrincipal, parsePrincipal, type Principal } from './principal.ts';

describe('a principal', () => {
  for (const principal of [
    { kind: 'service-principal', clientId: 'c1' },
    { kind: 'user', objectId: 'o1' },
    { kind: 'admin-user', registry: 'r1' },
    { kind: 'registry-token', registry: 'r1', name: 'ci' },
    { kind: 'anonymous' },
  ] as const satisfies readonly Principal[])
    it(`${formatPrincipal(principal)} is written and read the same`, () =>
      assert.deepEqual(parsePrincipal(formatPrincipal(principal)), principal));
  for (const text of [
    '',
    'anonymous/x',
    'user',
    'user/',
    'user/a/b',
    'registry-token/r',
    'registry-token/r/n/x',
    'root/a',
  ])
    it(`${JSON.stringify(text)} is none`, () => assert.equal(parsePrincipal(text), undefined));
  it('no other text is read as one', () =>
    fc.assert(
      fc.property(fc.string(), (text) => {
        const principal = parsePrincipal(text);
        if (principal !== undefined) assert.equal(formatPrincipal(principal), text);
      }),
    ));
});
