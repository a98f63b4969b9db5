import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANONYMOUS } from './identity.ts';
import type { TokenClaims } from './token-claims.ts';
import { VerifiedTokens } from './verified-tokens.ts';

const claims: TokenClaims = {
  kind: 'arm',
  issuer: 'i',
  audience: 'a',
  notBeforeMs: 0,
  expiresMs: 0,
  identity: ANONYMOUS,
};
const entry = { claims, kid: 'k', authEpoch: 1, size: 1000 };

describe('the memory of verified tokens', () => {
  it('knows a token in its epoch and in no other', () => {
    const memory = new VerifiedTokens();
    memory.put('a', entry);
    assert.equal(memory.get('a', 1)?.claims, claims);
    assert.equal(memory.get('a', 2), undefined);
    assert.equal(memory.get('b', 1), undefined);
    memory.put('a', { ...entry, authEpoch: 2 });
    assert.equal(memory.get('a', 1), undefined);
    assert.ok(memory.get('a', 2));
  });

  it('forgets the longest unused, beyond 10,000', () => {
    const memory = new VerifiedTokens();
    for (let i = 0; i < 10_000; i++) memory.put(String(i), entry);
    assert.ok(memory.get('0', 1));
    memory.put('more', entry);
    assert.ok(memory.get('0', 1));
    assert.equal(memory.get('1', 1), undefined);
    assert.ok(memory.get('2', 1));
  });

  it('forgets the longest unused, beyond 16 MiB of tokens', () => {
    const memory = new VerifiedTokens();
    const large = { ...entry, size: 8 * 1024 };
    for (let i = 0; i < 2048; i++) memory.put(String(i), large);
    assert.ok(memory.get('0', 1));
    memory.put('2047', large);
    assert.ok(memory.get('1', 1));
    memory.put('more', large);
    assert.equal(memory.get('2', 1), undefined);
    assert.ok(memory.get('3', 1));
  });
});
