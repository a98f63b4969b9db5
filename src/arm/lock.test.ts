import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseResourceId } from '../azure/resource-id.ts';
import { storedResource } from '../state/resource.fixture.ts';
import { viewOf } from '../state/view.ts';
import { lockRefusal } from './lock.ts';

const GROUP = '/subscriptions/s1/resourceGroups/g1';
const KEPT = `${GROUP}/providers/Microsoft.ContainerRegistry/registries/kept`;
const FROZEN = '/subscriptions/s1/resourceGroups/frozen';

const VIEW = viewOf({ epoch: 1, sequence: 1 }, [
  storedResource(`${KEPT}/providers/Microsoft.Authorization/locks/keep`, { properties: { level: 'CanNotDelete' } }),
  storedResource(`${FROZEN}/providers/Microsoft.Authorization/locks/freeze`, { properties: { level: 'ReadOnly' } }),
]);

const ROWS: readonly (readonly [string, string, 'write' | 'delete', boolean])[] = [
  ['a resource that may not be deleted is not deleted', KEPT, 'delete', true],
  ['it is changed all the same', KEPT, 'write', false],
  ['what holds it is not deleted', GROUP, 'delete', true],
  ['what stands beside it is deleted', `${KEPT}2`, 'delete', false],
  ['nothing in a read-only group is changed', `${FROZEN}/providers/Microsoft.Network/virtualNetworks/v`, 'write', true],
  ['nothing in it is deleted', `${FROZEN}/providers/Microsoft.Network/virtualNetworks/v`, 'delete', true],
  ['its lock is', `${FROZEN}/providers/Microsoft.Authorization/locks/freeze`, 'delete', false],
];

describe('a management lock', () => {
  for (const [name, path, operation, refused] of ROWS)
    it(name, () => {
      const id = parseResourceId(path);
      assert.ok(id !== undefined);
      const refusal = lockRefusal(VIEW, id, operation);
      assert.equal(refusal?.code, refused ? 'ScopeLocked' : undefined);
    });

  it('names every scope that is locked', () => {
    const id = parseResourceId(GROUP);
    assert.ok(id !== undefined);
    assert.ok(lockRefusal(VIEW, id, 'delete')?.message.includes(`'${KEPT}'`));
  });
});
