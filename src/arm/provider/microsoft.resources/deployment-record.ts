import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ARM_ERROR, type ArmError, armErrorJson } from '../../../azure/error.ts';
import { isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../../../azure/json.ts';
import type { ResourceId } from '../../../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../../../state/port.ts';
import { findOperation, type OperationEnd } from '../../operation.ts';
import type { Deployed, DeploymentFailure, Step } from '../../template/deploy.ts';

/** How many deployments Azure remembers at one scope; the oldest go by themselves. */
const REMEMBERED = 800;

/** What is kept of a deployment beside its settings: outputs or error, parameters, operations, providers, the template. */
export function recordOf(outcome: Deployed | DeploymentFailure, template: Json | undefined): JsonObject {
  const { steps, parameters } = outcome;
  const ended = outcome.kind === 'deployed';
  return {
    provisioningState: !ended ? 'Failed' : underWay(steps).length > 0 ? 'Running' : 'Succeeded',
    ...(ended ? { outputs: outcome.outputs } : { error: armErrorJson(outcome.error) }),
    parameters,
    providers: providersOf(steps),
    dependencies: dependenciesOf(outcome),
    // Nothing of a failed deployment is there.
    resources: ended ? steps.flatMap(({ id, after }) => (after === undefined ? [] : [id.id])) : [],
    operations: operationsOf(outcome),
    templateHash: hashOf(template),
    packed: gzipSync(JSON.stringify(template ?? null)).toString('base64'),
  };
}

/** The ids of the operations that a deployment waits for. */
export function underWay(steps: readonly Step[]): readonly string[] {
  return steps.flatMap(({ operation }) => (operation === undefined ? [] : [operation]));
}

/** The template of a record, as it was sent. */
export function templateOf({ properties }: StoredResource): Json {
  const { packed } = properties;
  const text = typeof packed === 'string' ? gunzipSync(Buffer.from(packed, 'base64')).toString('utf8') : 'null';
  return JSON.parse(text) as Json;
}

/** The oldest records at a scope that make room for one more. */
export function forgotten(view: StateView, { parent, key }: ResourceId): readonly Change[] {
  const kept = view
    .ofType('microsoft.resources/deployments', parent?.key)
    .filter((one) => one.key !== key && isAt(one, parent));
  return kept
    .toSorted((a, b) => a.changedMs - b.changedMs)
    .slice(0, Math.max(0, kept.length - REMEMBERED + 1))
    .map((one) => ({ kind: 'remove', key: one.key }));
}

function isAt({ key }: StoredResource, scope: ResourceId | undefined): boolean {
  return key.slice(scope?.key.length ?? 0).split('/').length === 5;
}

/** The namespaces and types of what was deployed, with the regions. */
export function providersOf(steps: readonly Step[]): readonly JsonObject[] {
  const written = steps.filter(({ after }) => after !== undefined);
  const byNamespace = Map.groupBy(written, ({ id }) => id.type.slice(0, id.type.indexOf('/')));
  return [...byNamespace].map(([namespace, own]) => ({
    namespace,
    resourceTypes: [...Map.groupBy(own, ({ id }) => id.type)].map(([type, ones]) => ({
      resourceType: type.slice(namespace.length + 1),
      locations: [...new Set(ones.map(({ after }) => after?.['location'] ?? null))],
    })),
  }));
}

/** What came after what, as Azure shows it. */
export function dependenciesOf({ dependencies }: Deployed | DeploymentFailure): readonly JsonObject[] {
  return dependencies
    .filter(({ needs }) => needs.length > 0)
    .map(({ instance, needs }) => ({ dependsOn: needs.map(({ id }) => named(id)), ...named(instance.id) }));
}

function named({ id, type, name }: ResourceId): JsonObject {
  return { id, resourceType: type, resourceName: name };
}

function operationsOf(outcome: Deployed | DeploymentFailure): readonly JsonObject[] {
  const done = outcome.steps.map(({ id, before, after, operation }) => ({
    ...(operation === undefined ? {} : { operation }),
    provisioningOperation: after === undefined ? 'Delete' : 'Create',
    // A deployment is one transaction (docs/adr/0006): what went before a refusal was undone.
    provisioningState: outcome.kind === 'deployed' ? 'Succeeded' : 'Canceled',
    statusCode: outcome.kind === 'deployed' ? (before === undefined ? 'Created' : 'OK') : 'Conflict',
    targetResource: named(id),
  }));
  if (outcome.kind === 'deployed')
    return [
      ...done,
      { provisioningOperation: 'EvaluateDeploymentOutput', provisioningState: 'Succeeded', statusCode: 'OK' },
    ];
  const { failed, error } = outcome;
  if (failed === undefined) return done;
  const [cause = error] = error.details ?? [];
  const refused = {
    provisioningOperation: 'Create',
    provisioningState: 'Failed',
    statusCode: statusCodeOf(cause),
    statusMessage: { error: armErrorJson(cause) },
    targetResource: named(failed),
  };
  return [...done, refused];
}

/** The operations of a record, as Azure lists them; what is under way is shown as it stands in the view. */
export function shownOperations({ id, uid, properties }: StoredResource, view: StateView): readonly JsonObject[] {
  const { timestamp, operations, correlationId } = properties;
  return settledOperations(operations, view).map((one, i) => {
    const operationId = createHash('sha256').update(`${uid} ${i}`).digest('hex').slice(0, 16).toUpperCase();
    const shown = { timestamp, duration: 'PT0S', trackingId: correlationId, ...one };
    return { id: `${id}/operations/${operationId}`, operationId, properties: shown };
  });
}

/** A record when all that it waited for is over. */
export function settledRecord(record: StoredResource, end: OperationEnd, view: StateView): StoredResource {
  const operations = settledOperations(record.properties['operations'], view);
  const state = { succeeded: 'Succeeded', failed: 'Failed', canceled: 'Canceled' }[end.kind];
  const error = end.kind === 'succeeded' ? {} : { error: armErrorJson(end.error) };
  return { ...record, properties: { ...record.properties, provisioningState: state, operations, ...error } };
}

/** The operations of a record with how those stand that the view still knows. */
function settledOperations(operations: Json | undefined, view: StateView): readonly JsonObject[] {
  return listOf(operations).map((one) => {
    const { operation, ...kept } = objectOf(one);
    const found = typeof operation === 'string' ? findOperation(view, operation)?.operation.state : undefined;
    switch (found?.kind) {
      case 'running':
        return { ...kept, provisioningState: 'Running', statusCode: 'Accepted' };
      case 'failed':
      case 'canceled': {
        const provisioningState = found.kind === 'failed' ? 'Failed' : 'Canceled';
        const statusMessage = { error: armErrorJson(found.error) };
        return { ...kept, provisioningState, statusCode: statusCodeOf(found.error), statusMessage };
      }
      case 'succeeded':
      case undefined:
        return kept;
    }
  });
}

function statusCodeOf({ code }: ArmError): string {
  return (STATUS_CODES[ARM_ERROR[code].status] ?? '').replaceAll(' ', '');
}

/** A number that says whether two templates are the same, in whatever order their members stand. */
function hashOf(template: Json | undefined): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(ordered(template ?? null)))
    .digest('hex');
  return BigInt(`0x${hex.slice(0, 16)}`).toString();
}

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isJsonObject(value)) return value;
  const names = Object.keys(value).toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  return Object.fromEntries(names.map((name) => [name, ordered(value[name] ?? null)]));
}
