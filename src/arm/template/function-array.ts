import { isJsonObject, type Json, type JsonObject } from '../../azure/json.ts';
import type { PureFunction } from './function.ts';
import { TemplateError } from './template-error.ts';
import { arrayOf, isEqual, memberOf, mergeDeep, numberOf, objectArgument, textOf } from './value.ts';

/** Functions of arrays and objects. */
export const ARRAY_FUNCTIONS: Readonly<Record<string, PureFunction>> = {
  array: ([value = null]) => (Array.isArray(value) ? value : [value]),
  createArray: (args) => args,
  createObject: (args) => Object.fromEntries(pairs(args)),
  concat: (args) =>
    args.some(Array.isArray)
      ? args.flatMap((one) => arrayOf('concat', one))
      : args.map((one) => textOf('concat', one)).join(''),
  contains: ([container, item]) => {
    if (Array.isArray(container)) return container.some((one: Json) => isEqual(one, item));
    if (isJsonObject(container)) return memberOf(container, textOf('contains', item)) !== undefined;
    return textOf('contains', container).includes(textOf('contains', item));
  },
  empty: ([value]) => value === null || value === undefined || sizeOf('empty', value) === 0,
  length: ([value]) => sizeOf('length', value),
  first: ([value]) => (typeof value === 'string' ? (value[0] ?? '') : (arrayOf('first', value)[0] ?? null)),
  last: ([value]) => (typeof value === 'string' ? (value.at(-1) ?? '') : (arrayOf('last', value).at(-1) ?? null)),
  take: ([value, count]) => part(value, 0, Math.max(0, numberOf('take', count))),
  skip: ([value, count]) => part(value, Math.max(0, numberOf('skip', count))),
  range: ([start, count]) => range(numberOf('range', start), numberOf('range', count)),
  indexOf: ([value, item]) =>
    Array.isArray(value)
      ? value.findIndex((one: Json) => isEqual(one, item))
      : textOf('indexOf', value).toLowerCase().indexOf(textOf('indexOf', item).toLowerCase()),
  lastIndexOf: ([value, item]) =>
    Array.isArray(value)
      ? value.findLastIndex((one: Json) => isEqual(one, item))
      : textOf('lastIndexOf', value).toLowerCase().lastIndexOf(textOf('lastIndexOf', item).toLowerCase()),
  min: (args) => Math.min(...numbers('min', args)),
  max: (args) => Math.max(...numbers('max', args)),
  union: (args) => union(args),
  intersection: (args) => intersection(args),
  flatten: ([value]) => arrayOf('flatten', value).flatMap((one) => arrayOf('flatten', one)),
  items: ([value]) =>
    Object.entries(objectArgument('items', value))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => ({ key, value: one ?? null })),
  objectKeys: ([value]) => Object.keys(objectArgument('objectKeys', value)).toSorted((a, b) => (a < b ? -1 : 1)),
  shallowMerge: ([value]) =>
    arrayOf('shallowMerge', value).reduce<JsonObject>(
      (merged, one) => ({ ...merged, ...objectArgument('shallowMerge', one) }),
      {},
    ),
  tryGet: ([value, ...path]) => path.reduce<Json>((at, key) => member(at, key) ?? null, value ?? null),
  tryIndexFromEnd: ([value, index]) =>
    Array.isArray(value) ? (value.at(-numberOf('tryIndexFromEnd', index)) ?? null) : null,
  indexFromEnd: ([value, index]) => {
    const found = arrayOf('indexFromEnd', value).at(-numberOf('indexFromEnd', index));
    if (found === undefined) throw new TemplateError(`The array has no element ${JSON.stringify(index)} from its end.`);
    return found;
  },
};

function range(start: number, count: number): readonly number[] {
  if (count < 0)
    throw new TemplateError(
      `The template language function 'range' was asked for ${count} numbers, which must be 0 or more.`,
    );
  return Array.from({ length: count }, (_, i) => start + i);
}

function member(value: Json, key: Json): Json | undefined {
  if (Array.isArray(value)) return typeof key === 'number' && key >= 0 ? value[key] : undefined;
  return isJsonObject(value) ? memberOf(value, textOf('tryGet', key)) : undefined;
}

function pairs(args: readonly Json[]): readonly (readonly [string, Json])[] {
  if (args.length % 2 !== 0)
    throw new TemplateError("The template language function 'createObject' needs a value for every name.");
  return args.flatMap((one, i) => (i % 2 === 0 ? [[textOf('createObject', one), args[i + 1] ?? null] as const] : []));
}

function sizeOf(name: string, value: Json | undefined): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.length;
  return Object.keys(objectArgument(name, value)).length;
}

function part(value: Json | undefined, from: number, to?: number): Json {
  return typeof value === 'string' ? value.slice(from, to) : arrayOf('take', value).slice(from, to);
}

function numbers(name: string, args: readonly Json[]): readonly number[] {
  const [first] = args;
  return (Array.isArray(first) && args.length === 1 ? first : args).map((one: Json) => numberOf(name, one));
}

function union(args: readonly Json[]): Json {
  if (args.every((one) => isJsonObject(one)))
    return args.reduce<JsonObject>((merged, one) => mergeDeep(merged, objectArgument('union', one)), {});
  const all: Json[] = [];
  for (const one of args.flatMap((each) => arrayOf('union', each)))
    if (!all.some((known) => isEqual(known, one))) all.push(one);
  return all;
}

function intersection(args: readonly Json[]): Json {
  const [first, ...others] = args;
  if (isJsonObject(first))
    return Object.fromEntries(
      Object.entries(first).filter(([key, value]) =>
        others.every((one) => isEqual(objectArgument('intersection', one)[key], value)),
      ),
    );
  return arrayOf('intersection', first).filter((one) =>
    others.every((other) => arrayOf('intersection', other).some((each) => isEqual(each, one))),
  );
}
