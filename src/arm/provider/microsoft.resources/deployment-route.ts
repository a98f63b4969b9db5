import { listOf, objectOf } from '../../../azure/json.ts';
import { parseResourceId, type ResourceId } from '../../../azure/resource-id.ts';
import { checkBody } from '../../check-body.ts';
import { resourceNotFound } from '../../engine.ts';
import type { ArmRoute } from '../../resource-type.ts';
import { deploy, type Deployed } from '../../template/deploy.ts';
import { TemplateError } from '../../template/template-error.ts';
import { type ActionOutcome, refused, type VerbContext } from '../../verb.ts';
import { DEPLOYMENT_SCHEMA, deploymentRequest } from './deployment.ts';
import { changeOf } from './what-if.ts';

const BELOW = 'providers/Microsoft.Resources/deployments/{deployment}';
const SCOPES = ['/subscriptions/{subscription}', '/subscriptions/{subscription}/resourceGroups/{group}'];
const WRITE = 'Microsoft.Resources/deployments';

/** What is asked of deployments beside writing them: validate, what-if, the operations of one, cancel. */
export const DEPLOYMENT_ROUTES: readonly ArmRoute[] = SCOPES.flatMap((scope): readonly ArmRoute[] => [
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
    // az asks without the provider's name, as in Azure's first versions.
    method: 'GET',
    path: `${scope}/deployments/{deployment}/operations`,
    permission: `${WRITE}/operations/read`,
    run: operations,
  },
  { method: 'POST', path: `${scope}/${BELOW}/cancel`, permission: `${WRITE}/cancel/action`, run: cancel },
]);

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
  show: (id: ResourceId, deployed: Deployed, mode: string) => ActionOutcome,
): ActionOutcome {
  const id = idOf(asked);
  if (id?.parent === undefined || context.view.get(id.parent.key) === undefined)
    return refused(
      id?.parent === undefined
        ? { code: 'InvalidTemplateDeployment', message: 'The name of the deployment is not allowed.' }
        : resourceNotFound(id.parent),
    );
  const { location: _, tags: __, ...body } = asked.body;
  const wrong = checkBody(DEPLOYMENT_SCHEMA, body);
  if (wrong !== undefined) return refused(wrong);
  const request = deploymentRequest(id, asked.body);
  if ('code' in request) return refused(request);
  try {
    return show(id, deploy(context, request), request.mode);
  } catch (error) {
    if (error instanceof TemplateError) return refused(error.toArmError());
    throw error;
  }
}

function validated({ id, name }: ResourceId, { outputs, parameters, steps }: Deployed, mode: string): ActionOutcome {
  const properties = {
    mode,
    provisioningState: 'Succeeded',
    parameters,
    outputs,
    validatedResources: steps.map((step) => ({ id: step.id.id })),
    providers: [],
    dependencies: [],
  };
  return { kind: 'answered', body: { id, name, type: 'Microsoft.Resources/deployments', properties } };
}

function whatIf(_: ResourceId, { steps }: Deployed): ActionOutcome {
  const changes = steps.filter(({ id }) => id.type.toLowerCase() !== 'microsoft.resources/deployments').map(changeOf);
  return { kind: 'answered', body: { status: 'Succeeded', properties: { changes } } };
}

function operations({ view }: VerbContext, asked: Asked): ActionOutcome {
  const id = idOf(asked);
  const kept = id === undefined ? undefined : view.get(id.key);
  if (kept === undefined) return notThere(asked);
  const { timestamp, provisioningState } = kept.properties;
  const value = listOf(kept.properties['resources']).flatMap((one, i) => {
    const target = typeof one === 'string' ? parseResourceId(one) : undefined;
    if (target === undefined) return [];
    const targetResource = { id: target.id, resourceType: target.type, resourceName: target.name };
    const properties = {
      provisioningOperation: 'Create',
      provisioningState,
      timestamp,
      duration: 'PT0S',
      statusCode: 'OK',
      targetResource,
    };
    return [{ id: `${kept.id}/operations/${i}`, operationId: String(i), properties }];
  });
  return { kind: 'answered', body: { value } };
}

/** A deployment is one decision: when anybody can ask to cancel it, it is over. */
function cancel({ view }: VerbContext, asked: Asked): ActionOutcome {
  const id = idOf(asked);
  const kept = id === undefined ? undefined : view.get(id.key);
  if (kept === undefined) return notThere(asked);
  const { provisioningState } = objectOf(kept.properties);
  const message = `Cannot cancel deployment: it is not running, its provisioning state is '${typeof provisioningState === 'string' ? provisioningState : ''}'.`;
  return refused({ code: 'DeploymentCannotBeCancelled', message });
}

function notThere({ parameters }: Asked): ActionOutcome {
  return refused({
    code: 'DeploymentNotFound',
    message: `Deployment '${parameters['deployment'] ?? ''}' could not be found.`,
  });
}
