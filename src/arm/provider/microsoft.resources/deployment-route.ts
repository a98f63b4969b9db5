import type { ArmError } from '../../../azure/error.ts';
import { type JsonObject, objectOf } from '../../../azure/json.ts';
import { parseResourceId, type ResourceId } from '../../../azure/resource-id.ts';
import type { StoredResource } from '../../../state/port.ts';
import { checkBody } from '../../check-body.ts';
import { resourceNotFound } from '../../engine.ts';
import { endOperation, runningOperations } from '../../operation.ts';
import type { ProviderIndex } from '../../provider-index.ts';
import type { ArmRoute } from '../../resource-type.ts';
import { checkTemplate, deploy, type Deployed } from '../../template/deploy.ts';
import { type ActionOutcome, refused, type VerbContext } from '../../verb.ts';
import { DEPLOYMENT_SCHEMA, deploymentRequest } from './deployment.ts';
import { dependenciesOf, providersOf, shownOperations, templateOf } from './deployment-record.ts';
import { changeOf } from './what-if.ts';

const BELOW = 'providers/Microsoft.Resources/deployments/{deployment}';
const SCOPES = ['/subscriptions/{subscription}', '/subscriptions/{subscription}/resourceGroups/{group}'];
const WRITE = 'Microsoft.Resources/deployments';

/** What is asked of deployments beside writing them: validate, what-if, the operations of one, cancel. */
export function deploymentRoutes(index: () => ProviderIndex): readonly ArmRoute[] {
  return SCOPES.flatMap((scope): readonly ArmRoute[] => [
    {
      method: 'POST',
      path: `${scope}/${BELOW}/validate`,
      permission: `${WRITE}/validate/action`,
      run: (context, asked) => dryRun(context, asked, validated),
    },
    {
      method: 'POST',
      path: `${scope}/${BELOW}/whatIf`,
      permission: `${WRITE}/whatIf/action`,
      run: (context, asked) => dryRun(context, asked, whatIf),
    },
    { method: 'GET', path: `${scope}/${BELOW}/operations`, permission: `${WRITE}/operations/read`, run: operations },
    {
      method: 'GET',
      path: `${scope}/${BELOW}/operations/{operation}`,
      permission: `${WRITE}/operations/read`,
      run: operation,
    },
    {
      // az asks without the provider's name, as in Azure's first versions.
      method: 'GET',
      path: `${scope}/deployments/{deployment}/operations`,
      permission: `${WRITE}/operations/read`,
      run: operations,
    },
    {
      method: 'POST',
      path: `${scope}/${BELOW}/exportTemplate`,
      permission: `${WRITE}/exportTemplate/action`,
      run: exportTemplate,
    },
    {
      method: 'POST',
      path: `${scope}/${BELOW}/cancel`,
      permission: `${WRITE}/cancel/action`,
      run: (context, asked) => cancel(index(), context, asked),
    },
  ]);
}

type Asked = Parameters<ArmRoute['run']>[1];

function idOf({ parameters }: Asked): ResourceId | undefined {
  const { subscription = '', group, deployment = '' } = parameters;
  const at = `/subscriptions/${subscription}${group === undefined ? '' : `/resourceGroups/${group}`}`;
  return parseResourceId(`${at}/providers/Microsoft.Resources/deployments/${deployment}`);
}

/** Runs a deployment over the view and keeps nothing of it. */
function dryRun(
  context: VerbContext,
  asked: Asked,
  show: (id: ResourceId, deployed: Deployed, properties: JsonObject) => ActionOutcome,
): ActionOutcome {
  const id = idOf(asked);
  if (id?.parent === undefined || context.view.get(id.parent.key) === undefined)
    return refused(
      id?.parent === undefined
        ? { code: 'InvalidTemplateDeployment', message: 'The name of the deployment is not allowed.' }
        : resourceNotFound(id.parent),
    );
  const { location: _, tags: __, ...body } = asked.body;
  const request = checkBody(DEPLOYMENT_SCHEMA, body) ?? deploymentRequest(id, asked.body);
  if ('code' in request) return refused(request);
  const properties = objectOf(body['properties']);
  const level = properties['validationLevel'];
  if (level === 'ProviderNoRbac' || (level === 'Template' && show === whatIf)) return refused(levelRefusal(level));
  const outcome = level === 'Template' ? checkTemplate(context, request) : deploy(context, request);
  return outcome.kind === 'failed' ? refused(outcome.error) : show(id, outcome, { ...properties, mode: request.mode });
}

function levelRefusal(level: string): ArmError {
  const message = `The value "${level}" of 'properties.validationLevel' is not built here: it must be Provider, or Template to validate.`;
  return { code: 'InvalidTemplateDeployment', target: 'properties.validationLevel', message };
}

function validated({ id, name }: ResourceId, deployed: Deployed, { mode }: JsonObject): ActionOutcome {
  const { outputs, parameters, steps, dependencies } = deployed;
  const properties = {
    mode,
    provisioningState: 'Succeeded',
    parameters,
    outputs,
    validatedResources: dependencies.map(({ instance }) => ({ id: instance.id.id })),
    providers: providersOf(steps),
    dependencies: dependenciesOf(deployed),
  };
  return { kind: 'answered', body: { id, name, type: 'Microsoft.Resources/deployments', properties } };
}

function whatIf(_: ResourceId, { steps }: Deployed, { whatIfSettings }: JsonObject): ActionOutcome {
  const isShort = objectOf(whatIfSettings)['resultFormat'] === 'ResourceIdOnly';
  const changes = steps.filter(({ id }) => id.type.toLowerCase() !== 'microsoft.resources/deployments').map(changeOf);
  return {
    kind: 'answered',
    body: { status: 'Succeeded', properties: { changes: isShort ? changes.map(shortened) : changes } },
  };
}

/** `ResourceIdOnly`: whether a resource that is there changes is not said (Deploy). */
function shortened({ resourceId, changeType }: JsonObject): JsonObject {
  const isThere = changeType === 'Modify' || changeType === 'NoChange';
  return { resourceId, changeType: isThere ? 'Deploy' : changeType };
}

function kept({ view }: VerbContext, asked: Asked): StoredResource | undefined {
  const id = idOf(asked);
  return id === undefined ? undefined : view.get(id.key);
}

function operations(context: VerbContext, asked: Asked): ActionOutcome {
  const record = kept(context, asked);
  return record === undefined
    ? notThere(asked)
    : { kind: 'answered', body: { value: shownOperations(record, context.view) } };
}

function operation(context: VerbContext, asked: Asked): ActionOutcome {
  const { operation: name = '' } = asked.parameters;
  const record = kept(context, asked);
  const found =
    record && shownOperations(record, context.view).find(({ operationId }) => operationId === name.toUpperCase());
  return found === undefined ? notThere(asked) : { kind: 'answered', body: found };
}

function exportTemplate(context: VerbContext, asked: Asked): ActionOutcome {
  const record = kept(context, asked);
  return record === undefined ? notThere(asked) : { kind: 'answered', body: { template: templateOf(record) } };
}

/** A deployment that waits for its resources does so no more; what is under way goes on, as in Azure. */
function cancel(index: ProviderIndex, context: VerbContext, asked: Asked): ActionOutcome {
  const record = kept(context, asked);
  if (record === undefined) return notThere(asked);
  const running = runningOperations(context.view).find(({ resource }) => resource === record.key);
  if (running !== undefined) {
    const error: ArmError = { code: 'DeploymentCanceled', message: `The deployment '${record.name}' was cancelled.` };
    return {
      kind: 'answered',
      body: undefined,
      changes: endOperation(index, context, running.id, { kind: 'canceled', error }),
    };
  }
  const { provisioningState } = record.properties;
  const message = `Cannot cancel deployment: it is not running, its provisioning state is '${typeof provisioningState === 'string' ? provisioningState : ''}'.`;
  return refused({ code: 'DeploymentCannotBeCancelled', message });
}

function notThere({ parameters }: Asked): ActionOutcome {
  return refused({
    code: 'DeploymentNotFound',
    message: `Deployment '${parameters['deployment'] ?? ''}' could not be found.`,
  });
}
