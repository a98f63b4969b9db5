import { isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../../azure/json.ts';
import { TemplateError } from './template-error.ts';

/** A template, taken apart. */
export interface Template {
  readonly parameters: JsonObject;
  readonly variables: JsonObject;
  readonly functions: readonly Json[];
  readonly definitions: JsonObject;
  readonly outputs: JsonObject;
  readonly resources: readonly TemplateResource[];
  readonly contentVersion: string;
}

/** One resource of a template as it is written; its symbolic name in language version 2.0. */
export interface TemplateResource {
  readonly symbol: string | undefined;
  readonly body: JsonObject;
  /** Full type, of children too. */
  readonly type: string;
  /** The names of the resources it is nested in, as they are written. */
  readonly above: readonly Json[];
  readonly parentSymbol: string | undefined;
}

const MEMBERS = [
  '$schema',
  'contentVersion',
  'languageVersion',
  'apiProfile',
  'metadata',
  'parameters',
  'variables',
  'functions',
  'definitions',
  'resources',
  'outputs',
  'imports',
  'extensions',
];

/** How many of each a template may have, as in Azure; resources are counted with their loops. */
const LIMITS = [
  ['parameters', 256],
  ['variables', 512],
  ['outputs', 64],
] as const;

/** Takes a template apart. Throws a {@link TemplateError} for what is no template, or asks for what is not there. */
export function readTemplate(value: Json | undefined): Template {
  if (!isJsonObject(value)) throw new TemplateError('The template is not a JSON object.');
  const strange = Object.keys(value).find((key) => !MEMBERS.includes(key));
  if (strange !== undefined)
    throw new TemplateError(
      `The template has a member '${strange}', which is not known: there are ${MEMBERS.join(', ')}.`,
    );
  for (const name of ['imports', 'extensions', 'apiProfile'])
    if (value[name] !== undefined && value[name] !== '' && Object.keys(objectOf(value[name])).length > 0)
      throw new TemplateError(`'${name}' of templates is not built here.`);
  for (const [name, most] of LIMITS) {
    const count = Object.keys(objectOf(value[name])).length;
    if (count > most)
      throw new TemplateError(`The template has ${count} ${name}, and may have ${most}.`, 'InvalidTemplate');
  }
  return {
    parameters: objectOf(value['parameters']),
    variables: objectOf(value['variables']),
    functions: listOf(value['functions']),
    definitions: objectOf(value['definitions']),
    outputs: objectOf(value['outputs']),
    resources: readResources(value['resources']),
    contentVersion: typeof value['contentVersion'] === 'string' ? value['contentVersion'] : '1.0.0.0',
  };
}

type Parent = Pick<TemplateResource, 'type' | 'above' | 'symbol'> & { readonly name: Json };

function readResources(value: Json | undefined, parent?: Parent): readonly TemplateResource[] {
  const named: readonly (readonly [string | undefined, Json])[] = isJsonObject(value)
    ? Object.entries(value).map(([symbol, one]) => [symbol, one ?? null] as const)
    : listOf(value).map((one) => [undefined, one] as const);
  return named.flatMap(([symbol, one]) => readResource(symbol, one, parent));
}

/** A resource with those nested in it, which come after it. */
function readResource(
  symbol: string | undefined,
  value: Json,
  parent: Parent | undefined,
): readonly TemplateResource[] {
  const body = objectOf(value);
  const { type, name } = body;
  if (typeof type !== 'string' || name === undefined)
    throw new TemplateError(
      `A resource of the template has no 'type' or no 'name': ${JSON.stringify(value).slice(0, 200)}.`,
    );
  const isFull = parent === undefined || type.toLowerCase().startsWith(`${parent.type.toLowerCase()}/`);
  const full = isFull ? type : `${parent.type}/${type}`;
  const above = parent === undefined ? [] : [...parent.above, parent.name];
  const own = { symbol, body, type: full, above, parentSymbol: parent?.symbol };
  return [own, ...readResources(body['resources'], { type: full, above, name, symbol })];
}
