import assert from 'node:assert/strict';
import { keyOfId } from '../../src/azure/resource-id.ts';
import type { State } from '../../src/state/port.ts';
import { storedResource } from '../../src/state/resource.fixture.ts';

const ID = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/Contoso';

/** Writes what {@link check} reads: one resource. */
export async function fill(state: State): Promise<void> {
  const resource = storedResource(ID, {
    tags: { a: 'b' },
    properties: { adminUserEnabled: true },
    location: 'westeurope',
  });
  await state.commit(() => ({ value: undefined, changes: [{ kind: 'put', resource }] }));
}

/** Reads everything that {@link fill} wrote; changes nothing. */
export function check(state: State): void {
  const resource = state.view().get(keyOfId(ID));
  assert.deepEqual([resource?.id, resource?.tags, resource?.properties], [ID, { a: 'b' }, { adminUserEnabled: true }]);
  assert.deepEqual(state.view().generation, { epoch: 1, sequence: 1 });
}
