import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { SECRET_ADVICE, looksSecret } from './secrets.ts';
import { suggestion } from './suggest.ts';

/** What is wrong at one place of a setting that is a list; `path` is like `[0].tokens[1].status`. */
export interface ListFault {
  readonly path: string;
  readonly value: unknown;
  /** What is wrong and what is allowed, as the end of a sentence whose subject is the place. */
  readonly why: string;
}

/** Checks the shape of a setting that is a list. */
export function readList<T extends TSchema>(
  list: T,
  raw: unknown,
): { readonly values: Static<T> } | { readonly faults: readonly ListFault[] } {
  if (Value.Check(list, raw)) return { values: raw };
  return { faults: Value.Errors(list, raw).flatMap((error) => faultsOf(list, raw, error)) };
}

type ValueError = ReturnType<typeof Value.Errors>[number];

function faultsOf(list: TSchema, raw: unknown, error: ValueError): readonly ListFault[] {
  const path = error.instancePath.replaceAll(/\/(\d+)/g, '[$1]').replaceAll('/', '.');
  const schema = Value.Pointer.Get(list, error.schemaPath.slice(1));
  // A key that is not allowed is reported twice: once as itself and once by the object around it.
  if (error.keyword === 'boolean') return [];
  if (error.keyword === 'additionalProperties')
    return error.params.additionalProperties.map((key) => unknownKey(`${path}.${key}`, key, schema));
  return [{ path, value: Value.Pointer.Get(raw, error.instancePath), why: `must be ${allowedBy(error, schema)}` }];
}

function unknownKey(path: string, key: string, schema: unknown): ListFault {
  const known = Object.keys(propertiesOf(schema));
  const near = suggestion(key, known);
  const hint = near === undefined ? `allowed are ${known.join(', ')}` : `did you mean ${near}?`;
  return { path, value: undefined, why: looksSecret(key) ? SECRET_ADVICE : `is not a setting; ${hint}` };
}

function propertiesOf(schema: unknown): object {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return {};
  return typeof schema.properties === 'object' && schema.properties !== null ? schema.properties : {};
}

function allowedBy(error: ValueError, schema: unknown): string {
  if (error.keyword === 'enum') return error.params.allowedValues.join(' or ');
  if (error.keyword === 'type') return `of type ${String(error.params.type)}`;
  if (error.keyword === 'required') return `an object with ${error.params.requiredProperties.join(', ')}`;
  const described = typeof schema === 'object' && schema !== null && 'description' in schema;
  return described ? String(schema.description) : error.message.replace(/^must /, '');
}
