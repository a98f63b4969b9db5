import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { objectOf, type Json } from '../../azure/json.ts';
import { ownFunctions, variablesOf } from './definition.ts';
import { evaluateDeep, type Scope } from './evaluate.ts';
import { readTemplate } from './template.ts';
import { TemplateError } from './template-error.ts';
import { Work } from './work.ts';

/** Evaluates a value with these variables and functions of a template. */
function evaluated(value: Json, variables: Record<string, Json> = {}, functions: readonly Json[] = []): Json {
  const work = new Work();
  const own = ownFunctions(functions, work);
  const variable = variablesOf(readTemplate({ variables, resources: [] }), () => scope);
  const scope: Scope = {
    parameter: () => null,
    variable,
    deploymentFunction: () => undefined,
    ownFunction: (name) => own.get(name),
    copies: [],
    locals: {},
    work,
  };
  return evaluateDeep(value, scope);
}

/** `v0`, `v1` …: each is made of the one before it. */
function chain(first: string, next: (before: string) => string, length: number): Record<string, Json> {
  const variables = Array.from({ length }, (_, i) => [
    `v${i}`,
    i === 0 ? first : `[${next(`variables('v${i - 1}')`)}]`,
  ]);
  return Object.fromEntries(variables);
}

const recursive = {
  namespace: 'ns',
  members: { f: { parameters: [], output: { type: 'string', value: '[ns.f()]' } } },
};

describe('a template that would take the server', () => {
  const refused: readonly (readonly [string, () => Json, RegExp])[] = [
    ['by a range without end', () => evaluated('[range(0, 1000000000)]'), /larger than/],
    ['by a range of less than nothing', () => evaluated('[range(0, -1)]'), /must be 0 or more/],
    ['by a text padded without end', () => evaluated("[padLeft('x', 500000000)]"), /larger than/],
    ['by the digits of a format', () => evaluated("[format('{0:D999999999}', 1)]"), /999999999 digits/],
    [
      'by a loop of properties without end',
      () => evaluated({ copy: [{ name: 'a', count: 1e9, input: 'x' }] }),
      /must be from 0 to 800/,
    ],
    [
      'by a text that doubles',
      () =>
        evaluated(
          "[variables('v40')]",
          chain('xx', (one) => `concat(${one}, ${one})`, 41),
        ),
      /larger than|steps/,
    ],
    [
      'by an array that holds itself twice, over and over, and is small in memory',
      () =>
        evaluated(
          "[string(variables('v40'))]",
          chain('lol', (one) => `createArray(${one}, ${one})`, 41),
        ),
      /larger than|steps/,
    ],
    [
      'by replacing a letter by a text, and again',
      () =>
        evaluated(
          "[variables('v9')]",
          chain('aaaaaaaa', (one) => `replace(${one}, 'a', ${one})`, 10),
        ),
      /larger than|steps/,
    ],
    [
      'by a variable that is itself',
      () => evaluated("[variables('a')]", { a: "[variables('a')]" }),
      /refers to itself/,
    ],
    [
      'by variables that are each other',
      () => evaluated("[variables('a')]", { a: "[variables('b')]", b: "[variables('a')]" }),
      /refers to itself/,
    ],
    ['by a function that calls itself', () => evaluated('[ns.f()]', {}, [recursive]), /refers to itself/],
    [
      'by JSON in a text that nests',
      () => evaluated(`[json('${'['.repeat(5000)}${']'.repeat(5000)}')]`),
      /deeper than/,
    ],
    [
      'by building what nests',
      () => evaluated("[reduce(range(0, 1000), 'x', lambda('a', 'b', createArray(lambdaVariables('a'))))]"),
      /deeper than/,
    ],
    ['by calls in calls', () => evaluated(`[${'string('.repeat(3000)}1${')'.repeat(3000)}]`), /nests deeper/],
    ['by members of members', () => evaluated(`[createObject()${'.a'.repeat(5000)}]`), /nests deeper/],
    [
      'by words with dots, each looked at again',
      () => evaluated(`[${'a.'.repeat(12_000)}]`),
      /not expected|cannot be read/,
    ],
    ['by an expression that is too long', () => evaluated(`[concat('${'x'.repeat(30_000)}')]`), /may have 24576/],
    [
      'by loops in loops',
      () =>
        evaluated("[length(map(range(0, 5000), lambda('a', map(range(0, 5000), lambda('b', lambdaVariables('b'))))))]"),
      /steps/,
    ],
    ['by looking for each in all', () => evaluated('[union(range(0, 4000), range(4000, 4000))]'), /steps/],
    ['by an address that no block has', () => evaluated("[cidrHost('10.0.0.0/30', 9)]"), /cannot take its arguments/],
    ['by a time that no calendar has', () => evaluated("[dateTimeAdd('2026-01-01', 'P999999Y')]"), /cannot take/],
    ['by a URL that is none', () => evaluated("[uri('x', 'y')]"), /cannot make a URL/],
    ['by an escape that is none', () => evaluated("[uriComponentToString('%')]"), /cannot take its arguments/],
    [
      'by what every object of the language has',
      () => evaluated("[map(createArray(1), lambda('x', lambdaVariables('constructor')))]"),
      /is not there/,
    ],
  ];
  for (const [how, run, why] of refused)
    it(`${how} is refused`, () =>
      assert.throws(
        run,
        (error) => error instanceof TemplateError && why.test(error.message) && error.message.length < 5000,
      ));

  it('is not one that uses loops, functions and nesting as people do', () => {
    assert.deepEqual(
      evaluated("[map(range(0, 800), lambda('i', format('{0:D3}', lambdaVariables('i'))))]"),
      Array.from({ length: 800 }, (_, i) => String(i).padStart(3, '0')),
    );
    const big = Array.from({ length: 2000 }, (_, i) => ({ name: `name-${i}`, value: i }));
    const reads = Array.from({ length: 800 }, () => "[variables('big')[7].name]");
    assert.deepEqual(new Set(Object.values(objectOf({ all: evaluated(reads, { big }) })).flat()), new Set(['name-7']));
    assert.equal(
      evaluated(
        "[length(variables('v10'))]",
        chain('xx', (one) => `concat(${one}, ${one})`, 11),
      ),
      2048,
    );
  });

  it('cannot touch what all objects inherit, and keeps a member of any name', () => {
    const body = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');
    const made = evaluated(body);
    assert.equal(JSON.stringify(made), '{"__proto__":{"polluted":true},"constructor":1}');
    assert.equal(
      JSON.stringify(evaluated("[createObject('__proto__', createObject('polluted', true()))]")),
      '{"__proto__":{"polluted":true}}',
    );
    assert.equal(
      JSON.stringify(evaluated('[union(json(\'{"__proto__":{"a":1}}\'), json(\'{"__proto__":{"b":2}}\'))]')),
      '{"__proto__":{"a":1,"b":2}}',
    );
    assert.ok(!('polluted' in {}));
  });
});
