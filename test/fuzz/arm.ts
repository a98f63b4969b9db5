import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkBody } from '../../src/arm/check-body.ts';
import { readFilter } from '../../src/arm/filter.ts';
import { PROVIDERS } from '../../src/arm/providers.ts';
import { renderArmError } from '../../src/azure/error.ts';
import type { Json, JsonObject } from '../../src/azure/json.ts';
import { parseArmPath, parseResourceId } from '../../src/azure/resource-id.ts';
import { mutatedText, pumped } from './mutate.ts';
import type { Target } from './target.ts';

const GROUP = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g';
const path = fc.oneof(
  mutatedText([
    `${GROUP}/providers/Microsoft.Network/virtualNetworks/n/subnets/s`,
    `${GROUP}/providers/Microsoft.ContainerRegistry/registries/r/providers/Microsoft.Authorization/locks/l`,
    GROUP,
    '/providers/Microsoft.Network',
    '/tenants',
  ]),
  pumped(['/', '/a', '/providers', '/subscriptions', '/a/b', '%', '..', '/../', ' ']),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);

/** An id that is taken is its own: read again, and by its parents, it is the same, and no part of it is empty. */
const ids: Target = {
  name: 'arm-id',
  shortRuns: 3000,
  property: fc.property(path, (text) => {
    const read = parseArmPath(text);
    if (read?.kind !== 'resource') return assert.equal(parseResourceId(text), undefined);
    const { id } = read;
    assert.deepEqual(parseResourceId(id.id), id);
    assert.equal(id.key, id.id.toLowerCase());
    for (let one = id.parent, below = id; one !== undefined; below = one, one = one.parent)
      assert.ok(below.key.startsWith(`${one.key}/`));
    assert.ok(!id.id.split('/').slice(1).includes(''));
  }),
};

const filters: Target = {
  name: 'arm-filter',
  shortRuns: 1000,
  property: fc.property(
    fc.oneof(
      mutatedText([
        "resourceType eq 'a/b'",
        "tagName eq 'a' and tagValue eq 'b'",
        "substringof('a', name)",
        'atScope()',
      ]),
      pumped(['(', "'", 'a eq ', "''", ' and ', 'not ', ')']),
    ),
    (text) => {
      const filter = readFilter(text, ['name', 'resourceType', 'tagName', 'tagValue']);
      if (filter.kind === 'filter') assert.equal(typeof filter.filter(() => 'a'), 'boolean');
    },
  ),
};

const key = fc.oneof(
  fc.constantFrom('properties', 'id', 'name', 'location', 'tags', 'sku', 'subnets', 'addressSpace', 'networkRuleSet'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'length', ''),
  fc.string({ maxLength: 6 }),
);
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'medium' },
    fc.string({ maxLength: 12 }),
    fc.constantFrom<Json>(null, true, 0, -1, 1e308, '10.0.0.0/24', 'Premium'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 5 }).map((pairs): Json => Object.fromEntries(pairs)),
  ),
}));
const object = fc.array(fc.tuple(key, json), { maxLength: 5 }).map((pairs): JsonObject => Object.fromEntries(pairs));

const TYPES = PROVIDERS.providers.flatMap(({ types }) => types);

/** Whatever a body is, a type's schema takes it or says what is wrong, in an error of some size. */
const bodies: Target = {
  name: 'arm-body',
  shortRuns: 1500,
  property: fc.property(fc.constantFrom(...TYPES), object, fc.boolean(), ({ schema, patchSchema }, body, patch) => {
    const error = checkBody(patch ? (patchSchema ?? schema) : schema, body);
    if (error !== undefined) assert.ok(renderArmError(error).body.length < 1_000_000);
  }),
};

/** What clients of the management API write. */
export const ARM_TARGETS: readonly Target[] = [ids, filters, bodies];
