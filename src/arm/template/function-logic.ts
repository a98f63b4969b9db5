import type { Json } from '../../azure/json.ts';
import type { PureFunction } from './function.ts';
import { TemplateError } from './template-error.ts';
import { flagOf, isEqual, numberOf, textOf } from './value.ts';

/** Functions of logic, comparison and numbers. */
export const LOGIC_FUNCTIONS: Readonly<Record<string, PureFunction>> = {
  true: () => true,
  false: () => false,
  null: () => null,
  not: ([value]) => !flagOf('not', value),
  xor: ([a, b]) => flagOf('xor', a) !== flagOf('xor', b),
  bool: ([value]) => (typeof value === 'number' ? value !== 0 : flagOf('bool', value)),
  equals: ([a, b]) => isEqual(a, b),
  less: (args) => compare('less', args) < 0,
  lessOrEquals: (args) => compare('lessOrEquals', args) <= 0,
  greater: (args) => compare('greater', args) > 0,
  greaterOrEquals: (args) => compare('greaterOrEquals', args) >= 0,
  add: ([a, b]) => numberOf('add', a) + numberOf('add', b),
  sub: ([a, b]) => numberOf('sub', a) - numberOf('sub', b),
  mul: ([a, b]) => numberOf('mul', a) * numberOf('mul', b),
  div: ([a, b]) => Math.trunc(numberOf('div', a) / divisor('div', b)),
  mod: ([a, b]) => numberOf('mod', a) % divisor('mod', b),
  int: ([value]) => {
    const number = typeof value === 'number' ? value : Number(textOf('int', value));
    if (!Number.isFinite(number)) throw new TemplateError(`The value '${JSON.stringify(value)}' is not a number.`);
    return Math.trunc(number);
  },
  float: ([value]) => Number(textOf('float', value)),
};

function compare(name: string, [a, b]: readonly Json[]): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [textOf(name, a), textOf(name, b)];
  return left < right ? -1 : Number(left > right);
}

function divisor(name: string, value: Json | undefined): number {
  const number = numberOf(name, value);
  if (number === 0) throw new TemplateError(`The template language function '${name}' was asked to divide by zero.`);
  return number;
}
