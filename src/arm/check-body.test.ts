import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Type from 'typebox';
import { checkBody } from './check-body.ts';

const CLOSED = { additionalProperties: false };
const SCHEMA = Type.Object(
  {
    properties: Type.Object(
      {
        action: Type.Optional(Type.Enum(['Allow', 'Deny'])),
        rules: Type.Optional(Type.Array(Type.Object({ value: Type.String({ minLength: 1 }) }, CLOSED))),
        count: Type.Optional(Type.Integer({ minimum: 1 })),
        off: Type.Optional(Type.Literal(false)),
        maybe: Type.Optional(Type.Union([Type.Object({ n: Type.Number() }, CLOSED), Type.Null()])),
        none: Type.Optional(Type.Union([Type.Literal('a'), Type.Null()])),
      },
      CLOSED,
    ),
  },
  CLOSED,
);

const ROWS: readonly (readonly [string, object, string, readonly string[]])[] = [
  ['an unknown member', { properties: { acton: 'Allow' } }, 'properties.acton', ['not known']],
  ['an unknown member in an array', { properties: { rules: [{ value: 'a', x: 1 }] } }, 'properties.rules[0].x', []],
  ['a value that is not listed', { properties: { action: 'Maybe' } }, 'properties.action', ['"Maybe"', 'Allow, Deny']],
  ['a wrong type', { properties: { count: 'two' } }, 'properties.count', ['"two"', 'integer']],
  ['a value in place of the only one', { properties: { off: true } }, 'properties.off', ['true', 'must be false']],
  ['a value that is no branch of a union', { properties: { none: 'b' } }, 'properties.none', ['"b"', 'must be "a"']],
  ['a number out of bounds', { properties: { count: 0 } }, 'properties.count', ['0', '1']],
  ['a missing member', {}, 'properties', ['required']],
  ['a missing member in an array', { properties: { rules: [{}] } }, 'properties.rules[0].value', ['required']],
];

describe('a body', () => {
  it('of the right shape is taken', () => {
    assert.equal(checkBody(SCHEMA, { properties: { action: 'Deny', rules: [{ value: '1' }], count: 1 } }), undefined);
  });

  for (const [name, body, target, parts] of ROWS)
    it(`with ${name} is refused by its path`, () => {
      const error = checkBody(SCHEMA, body as never);
      assert.equal(error?.code, 'InvalidRequestContent');
      assert.equal(error.target, target);
      for (const part of parts) assert.ok(error.message.includes(part), error.message);
    });

  it('says of a union what the branch says that was meant, and nothing of null', () => {
    const error = checkBody(SCHEMA, { properties: { maybe: { n: 'x' } } });
    assert.deepEqual([error?.target, error?.details], ['properties.maybe.n', undefined]);
    assert.equal(checkBody(SCHEMA, { properties: { maybe: null } }), undefined);
  });

  it('with several faults has each in the details', () => {
    const error = checkBody(SCHEMA, { properties: { a: 1, b: 2 } });
    assert.deepEqual(
      error?.details?.map(({ target }) => target),
      ['properties.a', 'properties.b'],
    );
  });
});
