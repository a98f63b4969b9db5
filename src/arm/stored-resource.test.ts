import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseResourceId } from '../azure/resource-id.ts';
import { contextOf } from './context.fixture.ts';
import type { VerbContext } from './verb.ts';
import { normaliseLocation, storedResource } from './stored-resource.ts';

const ID = '/subscriptions/s1/resourceGroups/G1/providers/Microsoft.ContainerRegistry/registries/Contoso';

function contextAt(nowMs: number, caller: string): VerbContext {
  let uuids = 0;
  return contextOf([], { nowMs, caller, newUuid: () => `uuid-${nowMs}-${uuids++}` });
}

describe('a resource that is written', () => {
  const id = parseResourceId(ID);
  assert.ok(id !== undefined);
  const request = { id, apiVersion: '2023-07-01', body: {}, existing: undefined };
  const made = storedResource(contextAt(1, 'maker'), request, { properties: { a: 1 }, location: 'westeurope' });

  it('gets an identity, and says who made it and when', () => {
    assert.equal(made.key, ID.toLowerCase());
    assert.equal(made.type, 'microsoft.containerregistry/registries');
    assert.deepEqual([made.uid, made.etag], ['uuid-1-0', '"uuid-1-1"']);
    assert.deepEqual([made.createdBy, made.createdMs, made.changedBy, made.changedMs], ['maker', 1, 'maker', 1]);
  });

  it('keeps its identity and spelling when it is written again, and gets another ETag', () => {
    const again = parseResourceId(ID.toUpperCase());
    assert.ok(again !== undefined);
    const rewritten = storedResource(
      contextAt(2, 'changer'),
      { ...request, id: again, existing: made },
      { properties: {} },
    );
    assert.deepEqual(
      [rewritten.uid, rewritten.id, rewritten.name, rewritten.createdBy],
      [made.uid, ID, 'Contoso', 'maker'],
    );
    assert.notEqual(rewritten.etag, made.etag);
    assert.deepEqual([rewritten.changedBy, rewritten.changedMs], ['changer', 2]);
  });
});

describe('a location', () => {
  it('is the same however it is spelled', () => {
    assert.equal(normaliseLocation('West Europe'), 'westeurope');
    assert.equal(normaliseLocation('westeurope'), 'westeurope');
  });
});
