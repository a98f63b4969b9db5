import { isJsonObject, type Json, type JsonObject, objectOf } from '../../azure/json.ts';
import { evaluateDeep, type Scope } from './evaluate.ts';
import type { Template } from './template.ts';
import { TemplateError } from './template-error.ts';
import { isEqual, kindOf } from './value.ts';

/** The values of a deployment's parameters: given ones, or defaults, which may refer to others. */
export function parameterValues(template: Template, given: JsonObject, scope: () => Scope): (name: string) => Json {
  const strange = Object.keys(given).find((name) => find(template.parameters, name) === undefined);
  if (strange !== undefined)
    throw new TemplateError(
      `The template parameters '${strange}' in the parameters file are not valid; they are not present in the original template. ` +
        `The only supported parameters for this template are '${Object.keys(template.parameters).join(', ')}'.`,
    );
  const values = new Map<string, Json>();
  const pending = new Set<string>();
  return (name) => {
    const key = name.toLowerCase();
    const known = values.get(key);
    if (known !== undefined) return known;
    const definition = find(template.parameters, name);
    if (definition === undefined) throw new TemplateError(`The template parameter '${name}' is not found.`);
    if (pending.has(key))
      throw new TemplateError(`The default value of the template parameter '${name}' refers to itself.`);
    pending.add(key);
    const value = valueOf(name, resolve(template, definition), { given: find(given, name), scope });
    values.set(key, value);
    return value;
  };
}

function find(object: JsonObject, name: string): JsonObject | undefined {
  const key = Object.keys(object).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : objectOf(object[key]);
}

/** A definition with what its `$ref` names put under it. */
function resolve(template: Template, definition: JsonObject): JsonObject {
  const reference = definition['$ref'];
  if (typeof reference !== 'string') return definition;
  const name = reference.replace('#/definitions/', '');
  const target = template.definitions[name];
  if (!isJsonObject(target)) throw new TemplateError(`The definition '${reference}' is not in the template.`);
  const { $ref: _, ...own } = definition;
  return { ...resolve(template, target), ...own };
}

function valueOf(
  name: string,
  definition: JsonObject,
  { given, scope }: { readonly given: JsonObject | undefined; readonly scope: () => Scope },
): Json {
  if (given !== undefined && 'reference' in given)
    throw new TemplateError(`The parameter '${name}' refers to a key vault, and there are none here: give its value.`);
  const asked = given === undefined ? undefined : given['value'];
  const value =
    asked ?? (definition['defaultValue'] === undefined ? undefined : evaluateDeep(definition['defaultValue'], scope()));
  if (value === undefined || value === null) {
    if (definition['nullable'] === true || asked === null) return null;
    throw new TemplateError(`The value for the template parameter '${name}' is not provided.`);
  }
  check(name, definition, value);
  return value;
}

/** The kinds of values, by the types that parameters have. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'String',
  securestring: 'String',
  int: 'Integer',
  bool: 'Boolean',
  array: 'Array',
  object: 'Object',
  secureobject: 'Object',
};

function check(name: string, definition: JsonObject, value: Json): void {
  const { type, allowedValues, minLength, maxLength, minValue, maxValue } = definition;
  const expected = typeof type === 'string' ? KINDS[type.toLowerCase()] : undefined;
  const invalid = (why: string): TemplateError =>
    new TemplateError(`The provided value for the template parameter '${name}' is not valid: ${why}.`);
  if (expected !== undefined && expected !== kindOf(value))
    throw invalid(`expected a value of type '${expected}', but received '${kindOf(value)}'`);
  if (Array.isArray(allowedValues) && !isAllowed(allowedValues, value))
    throw invalid(
      `the value ${JSON.stringify(value)} is not part of the allowed value(s) ${allowedValues.map((one: Json) => JSON.stringify(one)).join(', ')}`,
    );
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : undefined;
  if (size !== undefined && typeof minLength === 'number' && size < minLength)
    throw invalid(`its length is ${size}, and must be at least ${minLength}`);
  if (size !== undefined && typeof maxLength === 'number' && size > maxLength)
    throw invalid(`its length is ${size}, and must be at most ${maxLength}`);
  if (typeof value === 'number' && typeof minValue === 'number' && value < minValue)
    throw invalid(`${value} is less than ${minValue}`);
  if (typeof value === 'number' && typeof maxValue === 'number' && value > maxValue)
    throw invalid(`${value} is more than ${maxValue}`);
}

function isAllowed(allowed: readonly Json[], value: Json): boolean {
  if (Array.isArray(value)) return value.every((one: Json) => allowed.some((each) => isEqual(each, one)));
  return allowed.some(
    (one) =>
      isEqual(one, value) ||
      (typeof one === 'string' && typeof value === 'string' && one.toLowerCase() === value.toLowerCase()),
  );
}

/** The parameters as a deployment shows them: with type and value, secrets without. */
export function shownParameters(template: Template, value: (name: string) => Json): JsonObject {
  return Object.fromEntries(
    Object.entries(template.parameters).map(([name, raw]) => {
      const { type } = resolve(template, objectOf(raw));
      const kind = typeof type === 'string' ? type : 'object';
      const shown = { type: kind.charAt(0).toUpperCase() + kind.slice(1) };
      return [name, kind.toLowerCase().startsWith('secure') ? shown : { ...shown, value: value(name) }];
    }),
  );
}
