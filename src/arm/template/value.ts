import { isJsonObject, type Json, type JsonObject } from '../../azure/json.ts';
import { TemplateError } from './template-error.ts';

/** What a value is, for messages. */
export function kindOf(value: Json | undefined): string {
  if (value === null || value === undefined) return 'Null';
  if (Array.isArray(value)) return 'Array';
  if (typeof value === 'number') return 'Integer';
  return { string: 'String', boolean: 'Boolean', object: 'Object' }[typeof value as 'string' | 'boolean' | 'object'];
}

function wrong(name: string, expected: string, value: Json | undefined): TemplateError {
  return new TemplateError(
    `The template language function '${name}' expects ${expected}, and was given ${kindOf(value)}: ${JSON.stringify(value ?? null).slice(0, 200)}.`,
  );
}

/** An argument that has to be a text; numbers and booleans are written out, as Azure does. */
export function textOf(name: string, value: Json | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  throw wrong(name, 'a string', value);
}

/** An argument that has to be a whole number. */
export function numberOf(name: string, value: Json | undefined): number {
  if (typeof value === 'number') return value;
  throw wrong(name, 'an integer', value);
}

/** An argument that has to be true or false. */
export function flagOf(name: string, value: Json | undefined): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(?:true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  throw wrong(name, 'a boolean', value);
}

/** An argument that has to be an array. */
export function arrayOf(name: string, value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw wrong(name, 'an array', value);
}

/** An argument that has to be an object. */
export function objectArgument(name: string, value: Json | undefined): JsonObject {
  if (isJsonObject(value)) return value;
  throw wrong(name, 'an object', value);
}

/** Whether two values are the same, however deep. */
export function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one: Json, i) => isEqual(one, b[i]));
  if (isJsonObject(a) && isJsonObject(b)) {
    const [left, right] = [Object.keys(a), Object.keys(b)];
    return left.length === right.length && left.every((key) => isEqual(a[key], b[key]));
  }
  return a === b;
}

/** A member of an object; names are told apart without regard to case. */
export function memberOf(object: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(object, name)) return object[name];
  const key = Object.keys(object).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : object[key];
}

/** Two objects as one: objects in both are merged, anything else is the second's. */
export function mergeDeep(a: JsonObject, b: JsonObject): JsonObject {
  const merged = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const before = merged.get(key);
    merged.set(key, isJsonObject(before) && isJsonObject(value) ? mergeDeep(before, value) : value);
  }
  return Object.fromEntries(merged);
}
