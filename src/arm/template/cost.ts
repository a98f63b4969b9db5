import { isJsonObject, type Json } from '../../azure/json.ts';
import type { Work } from './work.ts';

/** What a function costs before it runs: steps, and what of new memory it will need. */
type Cost = (work: Work, args: readonly Json[]) => void;

/** One level of a value: what is copied when a function makes another of it. */
function levelOf(value: Json | undefined): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return isJsonObject(value) ? Object.keys(value).length : 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function numeric(value: Json | undefined): number {
  return typeof value === 'number' ? Math.abs(value) : 0;
}

const constant: Cost = (work) => work.spend(1);
const levels: Cost = (work, args) => work.expect(sum(args.map(levelOf)));
/** What compares or writes everything in its arguments. */
const deep: Cost = (work, args) => work.spend(sum(args.map((one) => work.sizeOf(one))));
/** What looks for each in all. */
const product: Cost = (work, args) =>
  work.spend(sum(args.map(levelOf)) * Math.max(1, sum(args.map((one) => work.sizeOf(one)))));

const COSTS: ReadonlyMap<string, Cost> = new Map<string, Cost>([
  ...['length', 'first', 'last', 'empty', 'bool', 'not', 'tryget', 'indexfromend'].map(
    (name) => [name, constant] as const,
  ),
  ...['string', 'equals', 'contains', 'indexof', 'lastindexof', 'json', 'base64tojson'].map(
    (name) => [name, deep] as const,
  ),
  ...['union', 'intersection', 'shallowmerge'].map((name) => [name, product] as const),
  ['padleft', (work, [text, width]) => work.expect(levelOf(text) + numeric(width))],
  ['range', (work, [, count]) => work.expect(numeric(count))],
  [
    'replace',
    (work, [text, old, now]) =>
      work.expect(levelOf(text) + (levelOf(text) / Math.max(1, levelOf(old)) + 1) * levelOf(now)),
  ],
  ['split', (work, [text, by]) => work.expect(levelOf(text) * Math.max(1, Array.isArray(by) ? by.length : 1))],
  ['join', (work, [parts, by]) => work.expect(work.sizeOf(parts) + levelOf(parts) * levelOf(by))],
  [
    'format',
    (work, [pattern, ...args]) =>
      work.expect(levelOf(pattern) * (1 + Math.max(0, ...args.map((one) => work.sizeOf(one))) / '{0}'.length)),
  ],
]);

/** Counts what a call of a function (its name in lower case) will take. Throws a TemplateError when that is too much. */
export function payFor(name: string, args: readonly Json[], work: Work): void {
  (COSTS.get(name) ?? levels)(work, args);
}
