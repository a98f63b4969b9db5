import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { keyOfId } from '../azure/resource-id.ts';
import type { Change, StoredResource } from './port.ts';
import { storedResource } from './resource.fixture.ts';
import { viewOf } from './view.ts';

const word = fc.constantFrom('a', 'a-b', 'a0', 'B', 'a.b');
const id = fc.array(word, { minLength: 1, maxLength: 3 }).map((names) => {
  const [first = '', ...rest] = names;
  return `/subscriptions/${first}${rest.map((name, i) => (i === 0 ? `/resourceGroups/${name}` : `/providers/N.S/t/${name}`)).join('')}`;
});
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(id, fc.string()).map(([at, etag]) => ({ kind: 'put' as const, resource: storedResource(at, { etag }) })),
  id.map((at) => ({ kind: 'remove' as const, key: keyOfId(at) })),
);

describe('a view', () => {
  it('has nothing of what one commit made and removed, and all of what it removed and made', () => {
    const resource = storedResource('/subscriptions/s1/resourceGroups/g1');
    const put: Change = { kind: 'put', resource };
    const remove: Change = { kind: 'remove', key: resource.key };
    const empty = viewOf({ epoch: 1, sequence: 0 }, []);
    assert.deepEqual(empty.with([put, remove]).ofType(resource.type), []);
    assert.deepEqual(empty.with([put]).with([remove, put]).ofType(resource.type), [resource]);
  });

  it('answers after any changes what a plain map answers', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 6 }), id, (commits, scope) => {
        const plain = new Map<string, StoredResource>();
        let view = viewOf({ epoch: 1, sequence: 0 }, []);
        commits.forEach((changes, i) => {
          for (const one of changes) {
            if (one.kind === 'put') plain.set(one.resource.key, one.resource);
            else plain.delete(one.key);
          }
          view = view.after({ epoch: 1, sequence: i + 1 }, changes);
        });
        const below = [...plain.values()]
          .filter(({ key }) => key.startsWith(`${keyOfId(scope)}/`))
          .sort((a, b) => (a.key < b.key ? -1 : 1));
        assert.deepEqual(view.below(keyOfId(scope)), below);
        assert.deepEqual(view.get(keyOfId(scope)), plain.get(keyOfId(scope)));
        const groups = below.filter(({ type }) => type === 'microsoft.resources/resourcegroups');
        assert.deepEqual(view.ofType('microsoft.resources/resourcegroups', keyOfId(scope)), groups);
      }),
    );
  });
});
