import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Azure's own resource types, beside the project; they are not part of it. */
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'shared', 'azure-types');

/** Why a test that needs Azure's types is skipped, or `false`. */
export const lacksAzureTypes: string | false = existsSync(FOLDER)
  ? false
  : "Azure's resource types are not beside the project";

interface Reference {
  readonly $ref: string;
}
interface Type {
  readonly $type: string;
  readonly name?: string;
  readonly value?: string;
  readonly body?: Reference;
  readonly itemType?: Reference;
  readonly elements?: readonly Reference[];
  readonly properties?: Readonly<Record<string, { readonly type: Reference; readonly flags: number }>>;
  readonly additionalProperties?: Reference;
}
const REQUIRED = 1;
const WRITE_ONLY = 4;

/** The versions of a provider (lower case) that there are types of. */
export function versionsOf(provider: string): readonly string[] {
  return readdirSync(join(FOLDER, provider)).toSorted();
}

/** What of a resource's JSON is not as Azure's type has it: unknown members, missing ones, wrong values. `undefined`: no such type in the version. */
export function faults(resourceType: string, apiVersion: string, json: unknown): readonly string[] | undefined {
  const file = join(FOLDER, resourceType.slice(0, resourceType.indexOf('/')).toLowerCase(), apiVersion, 'types.json');
  const types: readonly Type[] = JSON.parse(readFileSync(file, 'utf8'));
  const at = (reference: Reference | undefined): Type | undefined => types[Number(reference?.$ref.slice(2))];
  const wanted = `${resourceType}@${apiVersion}`.toLowerCase();
  const resource = types.find((type) => type.$type === 'ResourceType' && type.name?.toLowerCase() === wanted);
  return resource === undefined ? undefined : check(at(resource.body), json, '');

  function check(type: Type | undefined, value: unknown, path: string): readonly string[] {
    if (type === undefined) return [];
    switch (type.$type) {
      case 'ObjectType':
        return checkObject(type, value, path);
      case 'ArrayType':
        return Array.isArray(value)
          ? value.flatMap((one, i) => check(at(type.itemType), one, `${path}[${i}]`))
          : [`${path} is no array`];
      case 'UnionType':
        return (type.elements ?? []).some((one) => check(at(one), value, path).length === 0)
          ? []
          : [`${path} is ${JSON.stringify(value)}`];
      case 'StringLiteralType':
        return type.value?.toLowerCase() === String(value).toLowerCase()
          ? []
          : [`${path} is ${JSON.stringify(value)}, not ${type.value ?? ''}`];
      case 'StringType':
        return typeof value === 'string' ? [] : [`${path} is no string`];
      case 'BooleanType':
        return typeof value === 'boolean' ? [] : [`${path} is no boolean`];
      case 'IntegerType':
        return Number.isInteger(value) ? [] : [`${path} is no integer`];
      default:
        return [];
    }
  }

  function checkObject(
    { properties = {}, additionalProperties }: Type,
    value: unknown,
    path: string,
  ): readonly string[] {
    if (typeof value !== 'object' || value === null) return [`${path} is no object`];
    const given = Object.entries(value);
    const missing = Object.entries(properties).filter(
      ([name, { flags }]) =>
        (flags & REQUIRED) !== 0 && (flags & WRITE_ONLY) === 0 && name !== 'apiVersion' && !(name in value),
    );
    return [
      ...missing.map(([name]) => `${path}.${name} is missing`),
      ...given.flatMap(([name, one]) => {
        const known = properties[name];
        if (known !== undefined) return one === null ? [] : check(at(known.type), one, `${path}.${name}`);
        return additionalProperties === undefined ? [`${path}.${name} is unknown`] : [];
      }),
    ];
  }
}
