import assert from 'node:assert/strict';
import fc from 'fast-check';
import { evaluateDeep, type Scope } from '../../src/arm/template/evaluate.ts';
import { PURE_FUNCTIONS } from '../../src/arm/template/function.ts';
import { readTemplate } from '../../src/arm/template/template.ts';
import { TemplateError } from '../../src/arm/template/template-error.ts';
import { Work } from '../../src/arm/template/work.ts';
import type { Json } from '../../src/azure/json.ts';
import { mutatedText, pumped } from './mutate.ts';
import type { Target } from './target.ts';

const LAZY = [
  'if',
  'and',
  'or',
  'coalesce',
  'parameters',
  'variables',
  'copyIndex',
  'lambdaVariables',
  'map',
  'filter',
];
const LAMBDAS = ['reduce', 'sort', 'groupBy', 'toObject', 'mapValues', 'lambda'];
const FUNCTIONS = [...PURE_FUNCTIONS.keys(), ...LAZY, ...LAMBDAS];
const NAMES = ['a', '__proto__', 'constructor', 'toString', 'length', 'hasOwnProperty', 'prototype', 'valueOf'];

/** Expressions as a grammar makes them, with names and numbers that hurt. */
const { expression } = fc.letrec<{ expression: string; call: string; access: string; literal: string }>((tie) => ({
  expression: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('literal'), tie('call'), tie('access')),
  literal: fc.oneof(
    fc
      .constantFrom(...NAMES, '', 'x'.repeat(100), '{0:D99}', '10.0.0.0/24', '%', 'P1D', '2026-01-01', '[', '{"a":1}')
      .map((text) => `'${text}'`),
    fc.constantFrom('0', '1', '-1', '3', '800', '100000', '2147483648', '99999999999999999999'),
  ),
  call: fc
    .tuple(fc.constantFrom(...FUNCTIONS), fc.array(tie('expression'), { maxLength: 4 }))
    .map(([name, args]) => `${name}(${args.join(', ')})`),
  access: fc
    .tuple(
      tie('call'),
      fc.oneof(
        fc.constantFrom(...NAMES).map((name) => `.${name}`),
        tie('expression').map((key) => `[${key}]`),
      ),
    )
    .map(([target, key]) => `${target}${key}`),
}));

const text = fc.oneof(
  { weight: 6, arbitrary: expression.map((one) => `[${one}]`) },
  {
    weight: 3,
    arbitrary: mutatedText([
      "[concat('a', parameters('name'))]",
      "[map(range(0, 3), lambda('x', add(lambdaVariables('x'), 1)))]",
      "[if(equals(1, 2), variables('v').a[0], ns.f('x'))]",
      "[padLeft('x', 10, '0')]",
      "[format('{0:D3}{{}}', 7)]",
      "[replace('aaa', 'a', 'b')]",
    ]),
  },
  {
    weight: 1,
    arbitrary: pumped(['a', 'a.', '(', 'f(', '[', "'", "''", ' ', ',', '1', ')', ']', '-']).map((one) => `[${one}]`),
  },
);

function scopeWith(work: Work): Scope {
  const own = new Map<string, (args: readonly Json[]) => Json>();
  const scope: Scope = {
    parameter: (name) => ({ a: [1, { b: 'c' }], name }),
    variable: () => evaluateDeep("[concat(variables('v'), 'x')]", scope),
    deploymentFunction: () => undefined,
    ownFunction: (name) => own.get(name),
    copies: [{ name: 'loop', index: 3 }],
    locals: {},
    work,
  };
  own.set('ns.f', () => evaluateDeep("[ns.f('x')]", scope));
  return scope;
}

const UNTOUCHED = Object.getOwnPropertyNames(Object.prototype).toSorted();

/** Whatever is written, an expression comes to JSON or to a TemplateError, in bounded time, and changes nothing. */
const expressions: Target = {
  name: 'template-expression',
  shortRuns: 1500,
  property: fc.property(text, (one) => {
    try {
      const value = evaluateDeep(one, scopeWith(new Work()));
      const written = JSON.stringify(value);
      assert.ok(typeof written === 'string');
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      assert.ok(error.message.length < 10_000, 'an error repeats what it was given');
    }
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).toSorted(), UNTOUCHED);
  }),
};

const key = fc.oneof(
  fc.constantFrom('resources', 'type', 'name', 'copy', 'count', 'input', 'parameters', 'defaultValue', ...NAMES),
  fc.string({ maxLength: 5 }),
);
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom<Json>(null, true, 0, -1, 801, 1e9, ''),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 5 }).map((pairs): Json => Object.fromEntries(pairs)),
  ),
}));

/** The same for bodies, with loops, and for what is taken apart as a template. */
const bodies: Target = {
  name: 'template-body',
  shortRuns: 800,
  property: fc.property(json, (one) => {
    for (const work of [() => evaluateDeep(one, scopeWith(new Work())), () => readTemplate(one)])
      try {
        JSON.stringify(work());
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
      }
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).toSorted(), UNTOUCHED);
  }),
};

/** What deployments bring. */
export const TEMPLATE_TARGETS: readonly Target[] = [expressions, bodies];
