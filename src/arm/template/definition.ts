import { type Json, type JsonObject, listOf, objectOf } from '../../azure/json.ts';
import { evaluateDeep, evaluateLoop, type Scope } from './evaluate.ts';
import type { Template } from './template.ts';
import { TemplateError } from './template-error.ts';
import { numberOf, textOf } from './value.ts';
import type { Work } from './work.ts';

/** A loop that makes one value: `{count, input}` under a name. */
export function loopOf(name: string, copy: JsonObject, scope: Scope): Json {
  return evaluateLoop({ name, count: copy['count'] ?? 0, input: copy['input'] ?? null }, scope)[name] ?? [];
}

/** The template's variables, each evaluated when it is asked for first; `copy` among them makes more. */
export function variablesOf({ variables }: Template, scope: () => Scope): (name: string) => Json {
  const loops = new Map(
    listOf(variables['copy']).map((one) => [textOf('copy', objectOf(one)['name']).toLowerCase(), objectOf(one)]),
  );
  const raw = new Map(Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value]));
  const values = new Map<string, Json>();
  return (name) => {
    const key = name.toLowerCase();
    const known = values.get(key);
    if (known !== undefined) return known;
    const loop = loops.get(key);
    if (loop === undefined && raw.get(key) === undefined)
      throw new TemplateError(`The template variable '${name}' is not found.`);
    const value = loop === undefined ? evaluateDeep(raw.get(key), scope()) : loopOf(name, loop, scope());
    values.set(key, value);
    return value;
  };
}

/** The functions that a template defines: they see their parameters and nothing else. */
export function ownFunctions(
  namespaces: readonly Json[],
  work: Work,
): ReadonlyMap<string, (args: readonly Json[]) => Json> {
  const functions = new Map<string, (args: readonly Json[]) => Json>();
  for (const one of namespaces) {
    const { namespace, members } = objectOf(one);
    for (const [name, member] of Object.entries(objectOf(members))) {
      const { parameters, output } = objectOf(member);
      const names = listOf(parameters).map((each) => objectOf(each)['name']);
      functions.set(`${textOf('namespace', namespace)}.${name}`.toLowerCase(), (args) => {
        if (args.length > names.length)
          throw new TemplateError(
            `The function '${name}' takes ${numberOf('count', names.length)} arguments, and was given ${args.length}.`,
          );
        const scope: Scope = {
          parameter: (asked) =>
            args[names.findIndex((each) => typeof each === 'string' && each.toLowerCase() === asked.toLowerCase())] ??
            null,
          variable: (asked) => {
            throw new TemplateError(`The function '${name}' has no variable '${asked}'.`);
          },
          deploymentFunction: () => undefined,
          ownFunction: (asked) => functions.get(asked),
          copies: [],
          locals: {},
          work,
        };
        return evaluateDeep(objectOf(output)['value'], scope);
      });
    }
  }
  return functions;
}
