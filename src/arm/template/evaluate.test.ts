import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json } from '../../azure/json.ts';
import { evaluateDeep, inLoop, type Scope } from './evaluate.ts';
import { TemplateError } from './template-error.ts';
import { Work } from './work.ts';

const PARAMETERS: Readonly<Record<string, Json>> = { name: 'Sea', count: 3, list: ['a', 'b'], thing: { a: { b: 1 } } };
const SCOPE: Scope = {
  parameter: (name) => {
    const value = PARAMETERS[name];
    if (value === undefined) throw new TemplateError(`no ${name}`);
    return value;
  },
  variable: (name) => `variable ${name}`,
  deploymentFunction: () => undefined,
  ownFunction: () => undefined,
  copies: [],
  locals: {},
  get work() {
    return new Work();
  },
};

const VALUES: readonly (readonly [string, Json])[] = [
  // Texts.
  ['plain', 'plain'],
  ['[[bracket]', '[bracket]'],
  ["[concat('it''s', ' ', parameters('name'))]", "it's Sea"],
  ["[concat(createArray(1), parameters('list'))]", [1, 'a', 'b']],
  ["[toLower(parameters('name'))]", 'sea'],
  ["[trim('  x ')]", 'x'],
  ["[replace('a-b-c', '-', '')]", 'abc'],
  ["[split('a,b;c', createArray(',', ';'))]", ['a', 'b', 'c']],
  ["[join(parameters('list'), '+')]", 'a+b'],
  ["[startsWith('Abc', 'aB')]", true],
  ["[endsWith('abc', 'b')]", false],
  ["[padLeft('7', 3, '0')]", '007'],
  ["[substring('abcdef', 2)]", 'cdef'],
  ["[indexOf('abcb', 'B')]", 1],
  ["[lastIndexOf('abcb', 'b')]", 3],
  ["[format('{0}/{1} {{x}}', 'a', 2)]", 'a/2 {x}'],
  ["[base64ToString(base64('wall'))]", 'wall'],
  ["[uriComponent('a b')]", 'a%20b'],
  ["[uri('https://example.com/a/', 'b')]", 'https://example.com/a/b'],
  ["[string(createObject('a', 1))]", '{"a":1}'],
  ["[uniqueString('test')]", 'rbgf3xv4ufgzg'],
  // Numbers and logic.
  ['[add(1, mul(2, 3))]', 7],
  ['[div(-7, 2)]', -3],
  ['[mod(7, 3)]', 1],
  ["[int('12')]", 12],
  ['[min(3, 1, 2)]', 1],
  ['[max(createArray(3, 1))]', 3],
  ["[and(true(), equals(parameters('count'), 3))]", true],
  ["[or(false(), not(true()), bool('true'))]", true],
  ["[if(greater(2, 1), 'yes', fail('never'))]", 'yes'],
  ["[equals(createObject('a', 1), createObject('a', 1))]", true],
  ["[less('a', 'b')]", true],
  // Arrays and objects.
  ['[length(createArray(1, 2))]', 2],
  ["[contains(createObject('Ab', 1), 'aB')]", true],
  ["[contains('abc', 'B')]", false],
  ["[empty('')]", true],
  ['[first(createArray(5, 6))]', 5],
  ["[last('abc')]", 'c'],
  ['[take(range(1, 4), 2)]', [1, 2]],
  ['[skip(range(1, 4), 3)]', [4]],
  ['[union(createArray(1, 2), createArray(2, 3))]', [1, 2, 3]],
  ['[intersection(createArray(1, 2), createArray(2, 3))]', [2]],
  ['[flatten(createArray(createArray(1), createArray(2)))]', [1, 2]],
  [
    "[items(createObject('b', 1, 'a', 2))]",
    [
      { key: 'a', value: 2 },
      { key: 'b', value: 1 },
    ],
  ],
  ["[parameters('thing').a.b]", 1],
  ["[parameters('thing')['a']['b']]", 1],
  ["[parameters('list')[1]]", 'b'],
  ["[coalesce(tryGet(parameters('thing'), 'x', 'y'), 'none')]", 'none'],
  ["[coalesce(parameters('thing').?x, 'none')]", 'none'],
  ['[json(\'{"a":[1]}\').a[0]]', 1],
  ["[variables('v')]", 'variable v'],
  // Lambdas.
  ["[map(range(0, 2), lambda('x', mul(lambdaVariables('x'), 10)))]", [0, 10]],
  ["[filter(range(0, 4), lambda('x', equals(mod(lambdaVariables('x'), 2), 0)))]", [0, 2]],
  ["[reduce(range(1, 3), 0, lambda('s', 'x', add(lambdaVariables('s'), lambdaVariables('x'))))]", 6],
  ["[sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]", [1, 2, 3]],
  ["[toObject(parameters('list'), lambda('x', lambdaVariables('x')), lambda('x', 1))]", { a: 1, b: 1 }],
  // Networks and times.
  ["[cidrSubnet('10.0.0.0/16', 24, 3)]", '10.0.3.0/24'],
  ["[cidrHost('10.0.3.0/24', 4)]", '10.0.3.5'],
  ["[parseCidr('10.0.3.7/24').network]", '10.0.3.0'],
  ["[dateTimeAdd('2024-01-31T00:00:00Z', 'P1D')]", '2024-02-01T00:00:00Z'],
  ["[dateTimeAdd('20240131T010203Z', 'P1M')]", '20240229T010203Z'],
  ["[dateTimeAdd('2024-01-31 00:00:00Z', '-PT1H', 'yyyy/MM/dd HH')]", '2024/01/30 23'],
  ['[dateTimeFromEpoch(1683040573)]', '2023-05-02T15:16:13Z'],
];

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['[frobnicate()]', /'frobnicate' is not valid/],
  ["[concat('a']", /position/],
  ["[parameters('list')[2]]", /'2' doesn't exist/],
  ["[parameters('thing').c]", /'c' doesn't exist.*it has a/],
  ["[add('1', 2)]", /'add' expects an integer/],
  ['[div(1, 0)]', /divide by zero/],
  ["[substring('abc', 2, 5)]", /'substring' was asked for 5/],
  ["[if('maybe', 1, 2)]", /'if' expects a boolean/],
  ["[format('{1}', 'a')]", /argument 1 that is not there/],
  ["[json('{')]", /'json' expects JSON/],
  ["[fail('mine')]", /^mine$/],
  ["[dateTimeAdd('2024-01-31 00:00:00Z', 'P1D', 'h tt')]", /'h' in the format/],
  ['[copyIndex()]', /in no loop/],
  ["[lambdaVariables('x')]", /'x' is not there/],
  ["[map(createArray(1), 'x')]", /A lambda was expected/],
];

describe('an expression of a template', () => {
  for (const [expression, value] of VALUES)
    it(`${expression} is ${JSON.stringify(value)}`, () => assert.deepEqual(evaluateDeep(expression, SCOPE), value));
  for (const [expression, why] of REFUSED)
    it(`${expression} is refused`, () =>
      assert.throws(
        () => evaluateDeep(expression, SCOPE),
        (error) => error instanceof TemplateError && why.test(error.message),
      ));

  it('within loops knows the turn of the innermost and of those it names', () => {
    const scope = inLoop(inLoop(SCOPE, 'outer', 2), 'inner', 5);
    assert.deepEqual(
      evaluateDeep(['[copyIndex()]', "[copyIndex('outer')]", "[copyIndex('inner', 1)]"], scope),
      [5, 2, 6],
    );
  });

  it('stands anywhere in an object, its names and its loops of properties', () => {
    const value = {
      "[parameters('name')]": [{ x: "[parameters('count')]" }],
      copy: [{ name: 'n', count: 2, input: "[copyIndex('n')]" }],
    };
    assert.deepEqual(evaluateDeep(value, SCOPE), { Sea: [{ x: 3 }], n: [0, 1] });
  });
});
