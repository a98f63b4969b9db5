import type { Json, JsonObject } from '../../azure/json.ts';
import { keyOfId, type ResourceId } from '../../azure/resource-id.ts';
import type { VerbContext } from '../verb.ts';
import { formatTime } from './function-date.ts';
import { idBelow } from './resource-name.ts';
import { TemplateError } from './template-error.ts';
import { textOf } from './value.ts';

type DeploymentFunction = (args: readonly Json[]) => Json;

/** What functions of a deployment know of it. */
export interface DeploymentFacts {
  readonly context: VerbContext;
  /** The group or subscription that is deployed to. */
  readonly scope: ResourceId;
  readonly name: string;
  readonly mode: string;
  readonly location: string | undefined;
  readonly contentVersion: string;
  /** The JSON of the group, as it is now. */
  readonly group: () => JsonObject | undefined;
  readonly reference: (args: readonly Json[]) => Json;
  readonly references: (args: readonly Json[]) => Json;
  /** What `list…` of a resource answers. */
  readonly list: (name: string, args: readonly Json[]) => Json;
}

/** The functions that need the deployment, by name in lower case; every name that begins with `list` is one. */
export function deploymentFunctions(facts: DeploymentFacts): (name: string) => DeploymentFunction | undefined {
  const named = namedFunctions(facts);
  return (name) => named.get(name) ?? (name.startsWith('list') ? (args) => facts.list(name, args) : undefined);
}

function namedFunctions(facts: DeploymentFacts): ReadonlyMap<string, DeploymentFunction> {
  const { context, scope } = facts;
  const subscription = `/subscriptions/${scope.subscription ?? ''}`;
  return new Map<string, DeploymentFunction>([
    ['resourceid', (args) => resourceId(args, scope)],
    [
      'subscriptionresourceid',
      (args) => withScope('subscriptionResourceId', args, subscription, (id) => `/subscriptions/${id}`),
    ],
    ['tenantresourceid', (args) => idOf('tenantResourceId', '', args)],
    [
      'extensionresourceid',
      ([base, ...args]) => idOf('extensionResourceId', textOf('extensionResourceId', base), args),
    ],
    ['reference', facts.reference],
    ['references', facts.references],
    ['subscription', () => subscriptionJson(context, subscription)],
    ['resourcegroup', () => groupJson(facts)],
    ['tenant', () => ({ tenantId: context.settings.tenantId, displayName: 'Seawall', countryCode: '' })],
    ['deployment', () => deploymentJson(facts)],
    ['environment', () => environmentJson(context)],
    [
      'utcnow',
      ([format]) => formatTime(new Date(context.nowMs), format === undefined ? undefined : textOf('utcNow', format)),
    ],
    ['newguid', () => context.newUuid()],
    ['pickzones', () => []],
  ]);
}

function idOf(name: string, scope: string, args: readonly Json[]): string {
  const [type, ...names] = args.map((one) => textOf(name, one));
  return idBelow(
    scope,
    type ?? '',
    names.flatMap((one) => one.split('/')),
  );
}

/** An argument that is no type (it has no slash) names another scope. */
function withScope(name: string, args: readonly Json[], own: string, scopeOf: (given: string) => string): string {
  const [first, ...rest] = args;
  const given = typeof first === 'string' && !first.includes('/');
  return given ? idOf(name, scopeOf(first), rest) : idOf(name, own, args);
}

function resourceId(args: readonly Json[], scope: ResourceId): string {
  const at = args.findIndex((one) => typeof one === 'string' && one.includes('/'));
  const before = args.slice(0, Math.max(0, at)).map((one) => textOf('resourceId', one));
  const group = before.length > 0 ? before.at(-1) : scope.group;
  const subscription = before.length > 1 ? before[0] : scope.subscription;
  const base = `/subscriptions/${subscription ?? ''}${group === undefined ? '' : `/resourceGroups/${group}`}`;
  return idOf('resourceId', base, args.slice(Math.max(0, at)));
}

function subscriptionJson({ view, settings }: VerbContext, id: string): JsonObject {
  const kept = view.get(keyOfId(id));
  return {
    id,
    subscriptionId: id.slice('/subscriptions/'.length),
    tenantId: settings.tenantId,
    displayName: kept?.properties['displayName'],
  };
}

function groupJson({ group, scope }: DeploymentFacts): JsonObject {
  const json = group();
  if (json === undefined)
    throw new TemplateError(
      `The template function 'resourceGroup' is not expected here: the deployment is at ${scope.id}, not in a group.`,
    );
  return json;
}

function deploymentJson({ name, mode, location, contentVersion }: DeploymentFacts): JsonObject {
  return {
    name,
    ...(location === undefined ? {} : { location }),
    properties: { mode, provisioningState: 'Running', template: { contentVersion }, parameters: {} },
  };
}

function environmentJson({ origin, settings }: VerbContext): JsonObject {
  return {
    name: settings.cloud,
    portal: origin,
    resourceManager: `${origin}/`,
    authentication: {
      loginEndpoint: `${origin}/`,
      audiences: [origin],
      tenant: settings.tenantId,
      identityProvider: 'AAD',
    },
    suffixes: { acrLoginServer: `.${settings.registrySuffix}`, storage: 'storage.localhost' },
  };
}
