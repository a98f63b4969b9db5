import Type from 'typebox';
import type { ArmError } from '../../../azure/error.ts';
import { type JsonObject, listOf, objectOf } from '../../../azure/json.ts';
import type { ResourceId } from '../../../azure/resource-id.ts';
import type { StoredResource } from '../../../state/port.ts';
import type { ResourceType } from '../../resource-type.ts';
import { storedResource } from '../../stored-resource.ts';
import { deploy, type DeploymentRequest } from '../../template/deploy.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../verb.ts';
import { forgotten, recordOf, settledRecord, underWay } from './deployment-record.ts';

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
        // What a resource was asked and answered, which may be secret, is not kept: nothing else can be asked for.
        debugSetting: Type.Optional(Type.Object({ detailLevel: Type.Optional(Type.Enum(['none', 'None'])) }, CLOSED)),
        onErrorDeployment: Type.Optional(Type.Null()),
        whatIfSettings: Type.Optional(
          Type.Object({ resultFormat: Type.Optional(Type.Enum(['FullResourcePayloads', 'ResourceIdOnly'])) }, CLOSED),
        ),
        // A deployment is checked as far as can be, and by the caller's rights, before anything of it is there.
        validationLevel: Type.Optional(Type.Enum(['Template', 'Provider', 'ProviderNoRbac'])),
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
  deletion: 'no-content',
  settle: settledRecord,
  project: projectDeployment,
};

function put(context: VerbContext, request: WriteRequest): WriteOutcome {
  const asked = activeRefusal(request) ?? deploymentRequest(request.id, request.body);
  if ('code' in asked) return refused(asked);
  const outcome = deploy(context, asked);
  const properties = {
    mode: asked.mode,
    timestamp: new Date(context.nowMs).toISOString(),
    correlationId: context.newUuid(),
    ...recordOf(outcome, asked.template),
  };
  const resource = storedResource(context, request, { properties });
  const old = forgotten(context.view, request.id);
  if (outcome.kind === 'deployed') {
    const waitsFor = underWay(outcome.steps);
    const operation = waitsFor.length === 0 ? {} : { operation: { kind: 'deployment', waitsFor } };
    return { kind: 'written', resource, also: [...outcome.changes, ...old], ...operation };
  }
  return { ...refused(outcome.error), record: [{ kind: 'put', resource }, ...outcome.nested, ...old] };
}

/** A deployment that waits for its resources is not replaced by another of its name. */
function activeRefusal({ id, existing }: WriteRequest): ArmError | undefined {
  if (existing?.properties['provisioningState'] !== 'Running') return undefined;
  const message = `Unable to edit or replace deployment '${id.name}': the previous deployment is still active. Wait for it, or cancel it: az deployment group cancel --name ${id.name}`;
  return { code: 'DeploymentActive', message };
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

function projectDeployment({ id, name, location, tags, properties }: StoredResource): JsonObject {
  const { resources, error, operations: _, packed: __, ...shown } = properties;
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
      outputResources: ids.map((one) => ({ id: one })),
      ...(error === undefined ? {} : { error }),
    },
  };
}
