import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json } from '../../azure/json.ts';
import { evaluateDeep, type Scope } from './evaluate.ts';
import { PURE_FUNCTIONS } from './function.ts';
import { TemplateError } from './template-error.ts';
import { Work } from './work.ts';

const SCOPE: Scope = {
  parameter: () => null,
  variable: () => null,
  deploymentFunction: () => undefined,
  ownFunction: () => undefined,
  copies: [],
  locals: {},
  get work() {
    return new Work();
  },
};

/** Every function of its arguments alone, with what it answers; examples of Azure's documentation where it has some. */
const ROWS: Readonly<Record<string, readonly (readonly [string, Json])[]>> = {
  // Arrays and objects.
  array: [
    ['array(1)', [1]],
    ["array('a')", ['a']],
    ['array(createArray(1))', [1]],
  ],
  concat: [
    ["concat('a', 1, true())", 'a1True'],
    ['concat(createArray(1), createArray(2))', [1, 2]],
  ],
  contains: [
    ["contains('OneTwo', 'Two')", true],
    ['contains(createArray(1, 2), 3)', false],
    ["contains(createObject('one', null()), 'One')", true],
  ],
  createArray: [['createArray(1, 2)', [1, 2]]],
  createObject: [["createObject('a', 1, 'b', createArray())", { a: 1, b: [] }]],
  empty: [
    ['empty(createArray())', true],
    ["empty('a')", false],
    ['empty(createObject())', true],
    ['empty(null())', true],
  ],
  first: [
    ["first('abc')", 'a'],
    ['first(createArray(5, 6))', 5],
  ],
  last: [
    ["last('abc')", 'c'],
    ['last(createArray(5, 6))', 6],
  ],
  flatten: [['flatten(createArray(createArray(1), createArray(2, 3)))', [1, 2, 3]]],
  indexFromEnd: [['indexFromEnd(createArray(1, 2, 3), 1)', 3]],
  indexOf: [
    ["indexOf('Test', 't')", 0],
    ["indexOf('abc', 'x')", -1],
    ['indexOf(createArray(5, 6), 6)', 1],
  ],
  intersection: [
    ['intersection(createArray(1, 2), createArray(2))', [2]],
    ["intersection(createObject('a', 1, 'b', 2), createObject('b', 2, 'c', 3))", { b: 2 }],
  ],
  items: [["items(createObject('b', 1, 'a', 2))[0].key", 'a']],
  lastIndexOf: [
    ["lastIndexOf('test', 't')", 3],
    ['lastIndexOf(createArray(1, 1), 1)', 1],
  ],
  length: [
    ["length('abc')", 3],
    ["length(createObject('a', 1))", 1],
  ],
  max: [
    ['max(1, 3, 2)', 3],
    ['max(createArray(1, 3))', 3],
  ],
  min: [
    ['min(1, 3, 2)', 1],
    ['min(createArray(2, 3))', 2],
  ],
  objectKeys: [["objectKeys(createObject('b', 1, 'a', 2))", ['a', 'b']]],
  range: [
    ['range(5, 3)', [5, 6, 7]],
    ['range(0, 0)', []],
  ],
  shallowMerge: [
    ["shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', 2)))", { a: 2 }],
  ],
  skip: [
    ['skip(createArray(1, 2, 3), 2)', [3]],
    ["skip('abc', 1)", 'bc'],
  ],
  take: [
    ['take(createArray(1, 2, 3), 2)', [1, 2]],
    ["take('abc', 5)", 'abc'],
  ],
  tryGet: [
    ["tryGet(createObject('a', createObject('b', 1)), 'a', 'b')", 1],
    ["tryGet(createObject('a', 1), 'x')", null],
    ['tryGet(createArray(1), 3)', null],
  ],
  tryIndexFromEnd: [
    ['tryIndexFromEnd(createArray(1), 1)', 1],
    ['tryIndexFromEnd(createArray(1), 3)', null],
  ],
  union: [
    ['union(createArray(1), createArray(1, 2))', [1, 2]],
    ["union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2)))", { a: { x: 1, y: 2 } }],
  ],
  // Times.
  dateTimeAdd: [["dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')", '2023-04-07 14:53:14Z']],
  dateTimeFromEpoch: [['dateTimeFromEpoch(1683040573)', '2023-05-02T15:16:13Z']],
  dateTimeToEpoch: [["dateTimeToEpoch('2023-05-02T15:16:13Z')", 1683040573]],
  // Logic and numbers.
  true: [['true()', true]],
  false: [['false()', false]],
  null: [['null()', null]],
  not: [['not(true())', false]],
  xor: [
    ['xor(true(), false())', true],
    ['xor(true(), true())', false],
  ],
  bool: [
    ["bool('True')", true],
    ['bool(0)', false],
  ],
  equals: [
    ["equals('a', 'A')", false],
    ['equals(createArray(1), createArray(1))', true],
    ['equals(null(), null())', true],
  ],
  less: [['less(1, 2)', true]],
  lessOrEquals: [['lessOrEquals(2, 2)', true]],
  greater: [["greater('b', 'a')", true]],
  greaterOrEquals: [['greaterOrEquals(1, 2)', false]],
  add: [['add(5, 3)', 8]],
  sub: [['sub(7, 3)', 4]],
  mul: [['mul(5, 3)', 15]],
  div: [['div(8, 3)', 2]],
  mod: [['mod(7, 3)', 1]],
  int: [["int('4')", 4]],
  float: [["float('3.5')", 3.5]],
  // Networks.
  parseCidr: [
    ["parseCidr('10.144.0.0/20').firstUsable", '10.144.0.1'],
    ["parseCidr('10.144.0.0/20').broadcast", '10.144.15.255'],
    ["parseCidr('10.144.0.0/20').netmask", '255.255.240.0'],
  ],
  cidrSubnet: [
    ["cidrSubnet('10.144.0.0/20', 24, 0)", '10.144.0.0/24'],
    ["cidrSubnet('10.144.0.0/20', 24, 15)", '10.144.15.0/24'],
  ],
  cidrHost: [["cidrHost('10.144.3.0/24', 0)", '10.144.3.1']],
  // Texts.
  string: [
    ['string(1)', '1'],
    ['string(true())', 'True'],
    ['string(createArray(1))', '[1]'],
  ],
  format: [
    [
      "format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)",
      'Hello, User. Formatted number: 8,175,133',
    ],
    ["format('{0:D3} {0:0000} {0:F1} {0:X2} {0:N}', 7)", '007 0007 7.0 07 7.00'],
  ],
  toLower: [["toLower('One TWO')", 'one two']],
  toUpper: [["toUpper('One two')", 'ONE TWO']],
  trim: [["trim('  one  ')", 'one']],
  replace: [["replace('123-123-1234', '-', '')", '1231231234']],
  split: [["split('one,two;three', createArray(',', ';'))", ['one', 'two', 'three']]],
  join: [["join(createArray('a', 1), ',')", 'a,1']],
  startsWith: [["startsWith('abcdef', 'AB')", true]],
  endsWith: [["endsWith('abcdef', 'EF')", true]],
  padLeft: [["padLeft('123', 10, '0')", '0000000123']],
  substring: [["substring('one two three', 4, 3)", 'two']],
  uniqueString: [["uniqueString('test')", 'rbgf3xv4ufgzg']],
  guid: [["equals(guid('a', 'b'), guid('a', 'b'))", true]],
  base64: [["base64('one, two, three')", 'b25lLCB0d28sIHRocmVl']],
  base64ToString: [["base64ToString('b25lLCB0d28sIHRocmVl')", 'one, two, three']],
  base64ToJson: [['base64ToJson(base64(\'{"one": "a"}\')).one', 'a']],
  json: [
    ["json('[1]')", [1]],
    ["json('null')", null],
  ],
  uri: [
    [
      "uri('http://contoso.com/resources/', 'nested/azuredeploy.json')",
      'http://contoso.com/resources/nested/azuredeploy.json',
    ],
  ],
  uriComponent: [["uriComponent('http://a/b c')", 'http%3A%2F%2Fa%2Fb%20c']],
  uriComponentToString: [["uriComponentToString('http%3A%2F%2Fa')", 'http://a']],
  dataUri: [["dataUri('Hello')", 'data:text/plain;charset=utf8;base64,SGVsbG8=']],
  dataUriToString: [["dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')", 'Hello, World!']],
};

/** What a call with wrong arguments names. */
const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["fail('stop here')", /^stop here$/],
  ['toLower(createArray())', /'toLower' expects a string/],
  ['length(5)', /'length'/],
  ["range('a', 1)", /'range' expects an integer/],
  ["parseCidr('10.0.0.0')", /'parseCidr' expects a block/],
  ["cidrSubnet('10.0.0.0/24', 20, 0)", /'cidrSubnet'/],
  ["cidrSubnet('10.0.0.0/24', 25, 2)", /'cidrSubnet'/],
  ["dateTimeAdd('yesterday', 'P1D')", /'dateTimeAdd' expects a time/],
  ["createObject('a')", /a value for every name/],
  ["int('x')", /not a number/],
  ["bool('maybe')", /'bool'/],
  ["toLower('a', 'b')", /'toLower' expects 1 argument, and was given 2/],
  ['toLower()', /'toLower' expects 1 argument, and was given 0/],
  ["padLeft('a')", /'padLeft' expects 2 to 3 arguments, and was given 1/],
  ['max()', /'max' expects at least 1 argument, and was given 0/],
  ["format('{0:Q}', 1)", /The format 'Q' of numbers/],
  ["dataUriToString('x')", /'dataUriToString' expects a data URI/],
];

describe('a function of templates', () => {
  it('has a row here, whichever it is', () => {
    const rows = new Set([...Object.keys(ROWS), 'fail'].map((name) => name.toLowerCase()));
    assert.deepEqual(
      [...PURE_FUNCTIONS.keys()].filter((name) => !rows.has(name)),
      [],
    );
  });
  for (const [expression, value] of Object.values(ROWS).flat())
    it(`${expression} is ${JSON.stringify(value)}`, () =>
      assert.deepEqual(evaluateDeep(`[${expression}]`, SCOPE), value));
  for (const [expression, why] of REFUSED)
    it(`${expression} is refused`, () =>
      assert.throws(
        () => evaluateDeep(`[${expression}]`, SCOPE),
        (error) => error instanceof TemplateError && why.test(error.message),
      ));
});
