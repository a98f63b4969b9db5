import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { ArmError } from '../azure/error.ts';
import type { JsonObject } from '../azure/json.ts';

/** The longest value that an error repeats, in characters. */
const SHOWN = 200;

/**
 * Why a body is not of the shape a schema gives; `undefined` when it is. Names the member by its path
 * (`properties.networkRuleSet.defaultAction`), its value and what is allowed; further ones are in `details`.
 */
export function checkBody(schema: TSchema, body: JsonObject): ArmError | undefined {
  const said = worthSaying(Value.Errors(schema, body));
  const problems = said.flatMap((error) => describe(error, body));
  const [first, ...more] = problems;
  if (first === undefined) return undefined;
  return more.length === 0 ? first : { ...first, details: problems };
}

type Problem = ReturnType<typeof Value.Errors>[number];

/**
 * What a branch of null says and what a closed member says is left out; a union itself says something only where no branch of
 * it does.
 */
function worthSaying(problems: readonly Problem[]): readonly Problem[] {
  const unions = new Set(problems.filter(isUnion).map(({ instancePath }) => instancePath));
  const said = problems.filter(
    ({ keyword, instancePath, params }) =>
      keyword !== 'boolean' &&
      !(unions.has(instancePath) && keyword === 'type' && 'type' in params && params.type === 'null'),
  );
  return said.filter((one) => !isUnion(one) || !said.some((other) => !isUnion(other) && isWithin(other, one)));
}

function isUnion({ keyword }: Problem): boolean {
  return keyword === 'anyOf';
}

function isWithin(inner: Problem, outer: Problem): boolean {
  return inner.instancePath === outer.instancePath || inner.instancePath.startsWith(`${outer.instancePath}/`);
}

function describe(problem: Problem, body: JsonObject): readonly ArmError[] {
  const { keyword, instancePath, params, message } = problem;
  const at = pathOf(instancePath);
  if (keyword === 'additionalProperties' && 'additionalProperties' in params)
    return params.additionalProperties.map((name) =>
      invalid(join(at, name), `'${join(at, name)}' is not known: there is no such property here.`),
    );
  if (keyword === 'required' && 'requiredProperties' in params)
    return params.requiredProperties.map((name) =>
      invalid(join(at, name), `'${join(at, name)}' is required and absent.`),
    );
  const value = (JSON.stringify(Value.Pointer.Get(body, instancePath)) ?? 'absent').slice(0, SHOWN);
  return [
    invalid(
      at,
      `The value ${value} of '${at === '' ? 'the body' : at}' is not allowed: it ${allowed(problem, message)}.`,
    ),
  ];
}

function allowed({ keyword, params }: Problem, message: string): string {
  if (keyword === 'enum' && 'allowedValues' in params)
    return `must be one of ${params.allowedValues.map(String).join(', ')}`;
  if (keyword === 'const' && 'allowedValue' in params) return `must be ${JSON.stringify(params.allowedValue)}`;
  return message;
}

function pathOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : join(path, part)), '');
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function invalid(target: string, message: string): ArmError {
  return { code: 'InvalidRequestContent', target, message };
}
