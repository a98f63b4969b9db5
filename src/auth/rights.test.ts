import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Principal } from '../access/principal.ts';
import { grantOf } from './rights.ts';
import { world } from './world.fixture.ts';

describe('the rights of a principal', () => {
  it('are those of the registry that it belongs to', async () => {
    await using w = await world();
    const registry = w.registry.uid;
    const rows: readonly (readonly [Principal, string])[] = [
      [{ kind: 'service-principal', clientId: w.owner.clientId }, 'granted'],
      [{ kind: 'service-principal', clientId: 'unknown' }, 'principal-unknown'],
      [{ kind: 'user', objectId: w.owner.clientId }, 'principal-unknown'],
      [{ kind: 'admin-user', registry }, 'granted'],
      [{ kind: 'admin-user', registry: 'another' }, 'principal-unknown'],
      [{ kind: 'registry-token', registry, name: 'ci' }, 'granted'],
      [{ kind: 'registry-token', registry, name: 'other' }, 'principal-unknown'],
      [{ kind: 'registry-token', registry: 'another', name: 'ci' }, 'principal-unknown'],
      [{ kind: 'anonymous' }, 'principal-disabled'],
    ];
    for (const [principal, expected] of rows) {
      const rights = grantOf(principal, { directory: w.directory.snapshot(), view: w.view() });
      assert.equal(rights.kind === 'rejected' ? rights.why : rights.kind, expected, JSON.stringify(principal));
    }
  });
});
