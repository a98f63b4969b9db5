import Type from 'typebox';
import { createHash } from 'node:crypto';
import type { ArmError } from '../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../azure/json.ts';
import type { ResourceId } from '../../../azure/resource-id.ts';
import type { StoredResource } from '../../../state/port.ts';
import type { ResourceType } from '../../resource-type.ts';
import { storedResource } from '../../stored-resource.ts';
import { deploy, type Deployed, type DeploymentRequest } from '../../template/deploy.ts';
import { TemplateError } from '../../template/template-error.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../verb.ts';

const CLOSED = { additionalProperties: false } as const;
const answered = (): ReturnType<typeof Type.Optional> => Type.Optional(Type.Unknown({ readOnly: true }));

/** The body of a PUT of a deployment, and of validate and what-if. */
export const DEPLOYMENT_SCHEMA = Type.Object(
  {
    properties: Type.Object(
      {
        template: Type.Optional(Type.Unknown()),
        templateLink: Type.Optional(Type.Unknown()),
        parameters: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
        parametersLink: Type.Optional(Type.Unknown()),
        // Clients write it in either case.
        mode: Type.Optional(Type.Enum(['Incremental', 'Complete', 'incremental', 'complete'])),
        debugSetting: Type.Optional(Type.Unknown()),
        onErrorDeployment: Type.Optional(Type.Null()),
        expressionEvaluationOptions: Type.Optional(
          Type.Object(
            { scope: Type.Optional(Type.Enum(['inner', 'outer', 'Inner', 'Outer', 'NotSpecified'])) },
            CLOSED,
          ),
        ),
        whatIfSettings: Type.Optional(Type.Unknown()),
        validationLevel: Type.Optional(Type.String()),
        provisioningState: answered(),
      },
      CLOSED,
    ),
    resourceGroup: Type.Optional(Type.String()),
    subscriptionId: Type.Optional(Type.String()),
  },
  CLOSED,
);

/** Deployments of templates at a group or a subscription: one PUT runs all of it, or nothing and a record of why. */
export const DEPLOYMENT: ResourceType = {
  type: 'Microsoft.Resources/deployments',
  apiVersions: {
    kind: 'range',
    from: '2014-04-01',
    shown: [
      '2025-04-01',
      '2024-11-01',
      '2022-09-01',
      '2021-04-01',
      '2020-10-01',
      '2019-10-01',
      '2018-05-01',
      '2015-11-01',
    ],
  },
  location: 'optional',
  extension: true,
  schema: DEPLOYMENT_SCHEMA,
  put,
  project: projectDeployment,
};

function put(context: VerbContext, request: WriteRequest): WriteOutcome {
  const asked = deploymentRequest(request.id, request.body);
  if ('code' in asked) return refused(asked);
  const common = {
    mode: asked.mode,
    templateHash: hashOf(asked.template),
    timestamp: new Date(context.nowMs).toISOString(),
    correlationId: context.newUuid(),
  };
  try {
    const deployed = deploy(context, asked);
    const properties = { ...common, provisioningState: 'Succeeded', ...recordOf(deployed) };
    return { kind: 'written', resource: storedResource(context, request, { properties }), also: deployed.changes };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const armError = error.toArmError();
    const properties = {
      ...common,
      provisioningState: 'Failed',
      error: plain(armError),
      parameters: {},
      outputs: {},
      resources: [],
    };
    const resource = storedResource(context, request, { properties });
    return { ...refused(armError), record: [{ kind: 'put', resource }] };
  }
}

/** What a body asks to deploy at the scope of a deployment's id; an error for what is not built. */
export function deploymentRequest(id: ResourceId, body: JsonObject): DeploymentRequest | ArmError {
  const properties = objectOf(body['properties']);
  const { parent } = id;
  if (parent === undefined)
    return { code: 'InvalidTemplateDeployment', message: 'Deployments at the scope of the tenant are not built here.' };
  for (const name of ['templateLink', 'parametersLink'])
    if (properties[name] !== undefined && properties[name] !== null)
      return {
        code: 'InvalidTemplateDeployment',
        target: `properties.${name}`,
        message: `'properties.${name}' is not built here: send the template itself, in properties.template.`,
      };
  const location = body['location'];
  const mode = properties['mode'];
  const isComplete = typeof mode === 'string' && mode.toLowerCase() === 'complete';
  if (isComplete && parent.group === undefined)
    return {
      code: 'InvalidTemplateDeployment',
      target: 'properties.mode',
      message: 'The value "Complete" of \'properties.mode\' is not allowed at a subscription: it must be Incremental.',
    };
  return {
    scope: parent,
    name: id.name,
    location: typeof location === 'string' ? location : undefined,
    mode: isComplete ? 'Complete' : 'Incremental',
    template: properties['template'],
    parameters: objectOf(properties['parameters']),
  };
}

function recordOf({ outputs, parameters, steps }: Deployed): JsonObject {
  return { outputs, parameters, resources: steps.flatMap(({ id, after }) => (after === undefined ? [] : [id.id])) };
}

function hashOf(template: Json | undefined): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(template ?? null))
    .digest('hex');
  return BigInt(`0x${hex.slice(0, 16)}`).toString();
}

/** An error as it is kept. */
function plain({ code, message, target, details }: ArmError): JsonObject {
  return {
    code,
    message,
    ...(target === undefined ? {} : { target }),
    ...(details === undefined ? {} : { details: details.map(plain) }),
  };
}

function projectDeployment({ id, name, location, tags, properties }: StoredResource): JsonObject {
  const { resources, error, ...shown } = properties;
  const ids = listOf(resources).filter((one): one is string => typeof one === 'string');
  return {
    id,
    name,
    type: 'Microsoft.Resources/deployments',
    ...(location === undefined ? {} : { location }),
    tags,
    properties: {
      ...shown,
      duration: 'PT0S',
      providers: [],
      dependencies: [],
      outputResources: ids.map((one) => ({ id: one })),
      ...(error === undefined ? {} : { error }),
    },
  };
}
