import { isJsonObject, type Json, type JsonObject } from '../../azure/json.ts';
import { checkArity } from './arity.ts';
import { payFor } from './cost.ts';
import { type Expression, isExpression, parseExpression } from './expression.ts';
import { PURE_FUNCTIONS } from './function.ts';
import { TemplateError } from './template-error.ts';
import type { Work } from './work.ts';
import { arrayOf, flagOf, isEqual, kindOf, memberOf, numberOf, objectArgument, textOf } from './value.ts';

/** What an expression is evaluated in. */
export interface Scope {
  parameter(name: string): Json;
  variable(name: string): Json;
  /** Functions of the deployment and of its resources; `undefined` when there is none of this name (lower case). */
  deploymentFunction(name: string): ((args: readonly Json[]) => Json) | undefined;
  /** The template's own functions, by `namespace.name` in lower case. */
  ownFunction(name: string): ((args: readonly Json[]) => Json) | undefined;
  /** The index of a copy loop; without a name that of the innermost. */
  readonly copies: readonly { readonly name: string; readonly index: number }[];
  /** Variables of lambdas. */
  readonly locals: Readonly<Record<string, Json>>;
  /** What the evaluation may still take. */
  readonly work: Work;
}

/** Turns of one loop, as in Azure. */
export const MOST_TURNS = 800;

/** A value of a template with every expression in it evaluated, however deep. */
export function evaluateDeep(value: Json | undefined, scope: Scope): Json {
  if (typeof value === 'string') return evaluateText(value, scope);
  if (Array.isArray(value)) return value.map((one: Json) => evaluateDeep(one, scope));
  if (isJsonObject(value)) return evaluateObject(value, scope);
  return value ?? null;
}

/** A text: an expression is evaluated, `[[` at its start is one bracket, anything else is itself. */
function evaluateText(text: string, scope: Scope): Json {
  if (isExpression(text)) return evaluate(parseExpression(text), scope);
  return text.startsWith('[[') ? text.slice(1) : text;
}

/** An object, with names that are expressions and loops of its properties (`copy`). */
function evaluateObject(object: JsonObject, scope: Scope): JsonObject {
  scope.work.spend(1);
  // Not by assignment, for which `__proto__` is no name like others.
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      if (key === 'copy' && isPropertyLoops(value))
        return value.flatMap((loop) => Object.entries(evaluateLoop(loop, scope)));
      const name = isExpression(key) ? textOf('name', evaluateText(key, scope)) : key;
      return [[name, evaluateDeep(value, scope)] as const];
    }),
  );
}

interface PropertyLoop {
  readonly name: string;
  readonly count: Json;
  readonly input: Json;
}

function isPropertyLoops(value: Json | undefined): value is readonly (PropertyLoop & JsonObject)[] {
  return (
    Array.isArray(value) &&
    value.every((one: Json) => isJsonObject(one) && typeof one['name'] === 'string' && 'count' in one && 'input' in one)
  );
}

/** `{name: 'x', count: 3, input: …}` as `{x: [… … …]}`. */
export function evaluateLoop({ name, count, input }: PropertyLoop, scope: Scope): Readonly<Record<string, Json>> {
  const times = numberOf('copy', evaluateDeep(count, scope));
  if (!(times >= 0 && times <= MOST_TURNS))
    throw new TemplateError(`The loop '${name}' has the count ${times}, which must be from 0 to ${MOST_TURNS}.`);
  return { [name]: Array.from({ length: times }, (_, index) => evaluateDeep(input, inLoop(scope, name, index))) };
}

/** The scope within one turn of a loop. */
export function inLoop(scope: Scope, name: string, index: number): Scope {
  return { ...scope, copies: [{ name, index }, ...scope.copies] };
}

/** The value of an expression. Throws a {@link TemplateError}. */
export function evaluate(expression: Expression, scope: Scope): Json {
  const { work } = scope;
  work.spend(1);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'access':
      return work.nested(() => {
        const target = evaluate(expression.target, scope);
        return access(target, evaluate(expression.key, scope), expression.safe, work);
      });
    case 'call':
      return work.nested(() => work.keep(call(expression, scope)));
  }
}

function access(target: Json, key: Json, safe: boolean, work: Work): Json {
  // A name in other case is looked for among all.
  if (isJsonObject(target) && !Object.hasOwn(target, textOf('property', key))) work.spend(Object.keys(target).length);
  const found = Array.isArray(target)
    ? target[numberOf('index', key)]
    : isJsonObject(target)
      ? memberOf(target, textOf('property', key))
      : undefined;
  if (found !== undefined) return found;
  if (safe) return null;
  const known = isJsonObject(target) ? `: it has ${Object.keys(target).join(', ')}` : '';
  throw new TemplateError(
    `The language expression property '${String(key as string | number)}' doesn't exist in the ${kindOf(target)}${known}.`,
  );
}

type Call = Extract<Expression, { readonly kind: 'call' }>;

function call(expression: Call, scope: Scope): Json {
  const name = expression.name.toLowerCase().replace(/^sys\./, '');
  const own = scope.ownFunction(name);
  if (own === undefined) checkArity(expression.name, expression.args.length);
  const lazy = LAZY.get(name);
  if (lazy !== undefined) return lazy(expression.args, scope, expression.name);
  const run = own ?? PURE_FUNCTIONS.get(name) ?? scope.deploymentFunction(name);
  if (run === undefined)
    throw new TemplateError(`The template function '${expression.name}' is not valid: there is no such function.`);
  const args = expression.args.map((one) => evaluate(one, scope));
  if (own === undefined) payFor(name, args, scope.work);
  return runSafely(expression.name, () => run(args));
}

/** What JavaScript's own functions refuse is a fault of the template: a width without end, a time that no calendar has. */
function runSafely(name: string, run: () => Json): Json {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof URIError)) throw error;
    throw new TemplateError(`The template language function '${name}' cannot take its arguments: ${error.message}.`);
  }
}

type Lazy = (args: readonly Expression[], scope: Scope, name: string) => Json;

function argument(args: readonly Expression[], i: number, scope: Scope, name: string): Json {
  const one = args[i];
  if (one === undefined)
    throw new TemplateError(`The template language function '${name}' was given ${args.length} arguments, too few.`);
  return evaluate(one, scope);
}

/** What does not evaluate all of its arguments, or needs the scope. */
const LAZY: ReadonlyMap<string, Lazy> = new Map<string, Lazy>([
  ['if', (args, scope, name) => argument(args, flagOf('if', argument(args, 0, scope, name)) ? 1 : 2, scope, name)],
  ['and', (args, scope) => args.every((one) => flagOf('and', evaluate(one, scope)))],
  ['or', (args, scope) => args.some((one) => flagOf('or', evaluate(one, scope)))],
  ['coalesce', (args, scope) => firstThere(args, scope)],
  ['parameters', (args, scope, name) => scope.parameter(textOf(name, argument(args, 0, scope, name)))],
  ['variables', (args, scope, name) => scope.variable(textOf(name, argument(args, 0, scope, name)))],
  [
    'copyindex',
    (args, scope, name) =>
      copyIndex(
        args.map((_, i) => argument(args, i, scope, name)),
        scope,
      ),
  ],
  ['lambdavariables', (args, scope, name) => local(textOf(name, argument(args, 0, scope, name)), scope)],
  ['map', (args, scope, name) => items(args, scope, name).map((one, i) => apply(args, 1, [one, i], scope))],
  [
    'filter',
    (args, scope, name) => items(args, scope, name).filter((one, i) => flagOf(name, apply(args, 1, [one, i], scope))),
  ],
  [
    'reduce',
    (args, scope, name) =>
      items(args, scope, name).reduce<Json>(
        (sum, one, i) => apply(args, 2, [sum, one, i], scope),
        argument(args, 1, scope, name),
      ),
  ],
  ['sort', (args, scope, name) => items(args, scope, name).toSorted((a, b) => order(args, a, b, scope))],
  [
    'groupby',
    (args, scope, name) => ({
      ...Object.groupBy(items(args, scope, name), (one) => textOf(name, apply(args, 1, [one], scope))),
    }),
  ],
  ['toobject', (args, scope, name) => toObject(args, scope, name)],
  [
    'mapvalues',
    (args, scope, name) =>
      Object.fromEntries(
        Object.entries(objectArgument(name, argument(args, 0, scope, name))).map(([key, one]) => [
          key,
          apply(args, 1, [one ?? null], scope),
        ]),
      ),
  ],
]);

function firstThere(args: readonly Expression[], scope: Scope): Json {
  for (const one of args) {
    const value = evaluate(one, scope);
    if (value !== null) return value;
  }
  return null;
}

function copyIndex(args: readonly Json[], { copies }: Scope): Json {
  const name = typeof args[0] === 'string' ? args[0] : undefined;
  const offset = args.find((one) => typeof one === 'number') ?? 0;
  const loop = name === undefined ? copies[0] : copies.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (loop === undefined)
    throw new TemplateError(
      `The template function 'copyIndex' is not expected here: ${name === undefined ? 'this is in no loop' : `there is no loop '${name}'`}.`,
    );
  return loop.index + offset;
}

function local(name: string, { locals }: Scope): Json {
  const value = Object.hasOwn(locals, name) ? locals[name] : undefined;
  if (value === undefined) throw new TemplateError(`The lambda variable '${name}' is not there.`);
  return value;
}

function items(args: readonly Expression[], scope: Scope, name: string): readonly Json[] {
  return arrayOf(name, argument(args, 0, scope, name));
}

/** Applies `lambda('x', 'i', body)` to as many values as it has variables. */
function apply(args: readonly Expression[], at: number, values: readonly Json[], scope: Scope): Json {
  const lambda = args[at];
  if (lambda?.kind !== 'call' || lambda.name.toLowerCase() !== 'lambda')
    throw new TemplateError(`A lambda was expected as argument ${at + 1}.`);
  const names = lambda.args.slice(0, -1).map((one) => textOf('lambda', evaluate(one, scope)));
  const locals = { ...scope.locals, ...Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])) };
  const body = lambda.args.at(-1);
  if (body === undefined) throw new TemplateError('A lambda without a body was found.');
  return evaluate(body, { ...scope, locals });
}

function order(args: readonly Expression[], a: Json, b: Json, scope: Scope): number {
  scope.work.spend(Math.min(scope.work.sizeOf(a), scope.work.sizeOf(b)));
  if (isEqual(a, b)) return 0;
  return flagOf('sort', apply(args, 1, [a, b], scope)) ? -1 : 1;
}

function toObject(args: readonly Expression[], scope: Scope, name: string): Json {
  return Object.fromEntries(
    items(args, scope, name).map((one, i) => [
      textOf(name, apply(args, 1, [one, i], scope)),
      args[2] === undefined ? one : apply(args, 2, [one, i], scope),
    ]),
  );
}
