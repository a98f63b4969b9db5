import { isJsonObject, type Json, type JsonObject, objectOf } from '../../azure/json.ts';
import { evaluateDeep } from './evaluate.ts';
import type { Instance } from './instance.ts';
import type { Template } from './template.ts';
import { TemplateError } from './template-error.ts';
import { textOf } from './value.ts';

/** What of a resource's body is not the resource's. */
const CONTROL = [
  'type',
  'name',
  'apiVersion',
  'dependsOn',
  'condition',
  'copy',
  'scope',
  'comments',
  'metadata',
  'resources',
  'existing',
  'resourceGroup',
  'subscriptionId',
  'asserts',
];

/** Whether a resource of a template is a deployment itself. */
export function isDeployment({ id }: Instance): boolean {
  return id.type.toLowerCase() === 'microsoft.resources/deployments';
}

/** The body that is sent for a resource of a template, every expression in it evaluated. */
export function bodyOf({ source, scope }: Instance): JsonObject {
  const own = Object.fromEntries(Object.entries(source.body).filter(([name]) => !CONTROL.includes(name)));
  return objectOf(withoutNull(evaluateDeep(own, scope)));
}

/** Bicep writes null for what was not given; resource providers of Azure take it as absent. */
function withoutNull(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (one === null || one === undefined ? [] : [[key, withoutNull(one)]])),
  );
}

/** A nested template of outer scope sees the parameters and variables of this one, and none of its own. */
export function nestedBody(instance: Instance, own: Template, parameter: (name: string) => Json): JsonObject {
  const { properties: raw, ...others } = instance.source.body;
  const { template, ...settings } = objectOf(raw);
  const rest = bodyOf({ ...instance, source: { ...instance.source, body: { ...others, properties: settings } } });
  const { expressionEvaluationOptions, ...properties } = objectOf(rest['properties']);
  if (isInner(objectOf(expressionEvaluationOptions)['scope']))
    return { ...rest, properties: { ...properties, template } };
  const parameters = Object.fromEntries(Object.keys(own.parameters).map((name) => [name, { value: parameter(name) }]));
  const outer = {
    ...objectOf(template),
    parameters: own.parameters,
    variables: own.variables,
    definitions: own.definitions,
  };
  return { ...rest, properties: { ...properties, template: outer, parameters } };
}

/** Whether a nested template sees its own parameters and variables; without a word it sees the outer ones. */
function isInner(scope: Json | undefined): boolean {
  const word = scope === undefined ? 'outer' : textOf('scope', scope).toLowerCase();
  if (word !== 'inner' && word !== 'outer' && word !== 'notspecified')
    throw new TemplateError(
      `The value '${word}' of 'expressionEvaluationOptions.scope' is not allowed: it must be inner or outer.`,
    );
  return word === 'inner';
}
