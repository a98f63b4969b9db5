import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { may } from '../arm/authorise.ts';
import type { ArmEffect, EffectOutcome } from '../arm/effect.ts';
import type { ArmRoute } from '../arm/resource-type.ts';
import { type ActionOutcome, refused } from '../arm/verb.ts';
import type { ArmError } from '../azure/error.ts';
import type { Json } from '../azure/json.ts';
import { parseResourceId } from '../azure/resource-id.ts';
import { importImage, refuseTaken } from '../operation/import/import.ts';
import { localSource } from '../operation/import/local.ts';
import { remoteSource } from '../operation/import/remote.ts';
import { type ImportRequest, readImport } from '../operation/import/request.ts';
import { ImportError, type Source } from '../operation/import/source.ts';
import type { Work, WorkStore } from '../operation/port.ts';
import type { OutboundDoor } from '../outbound/door.ts';
import type { RegistryServices } from '../registry/call.ts';
import type { RegistryUid } from '../store/port.ts';
import type { StateReader, StoredResource } from '../state/port.ts';
import type { Log } from '../telemetry/log.ts';
import type { SecretBox } from '../trust/secret-box.ts';
import { shortageOf } from './failure.ts';
import { importTarget } from './import-target.ts';
import type { ServedRegistry, Snapshot } from './snapshot.ts';

const REGISTRY = 'Microsoft.ContainerRegistry/registries';
/** How many imports are under way at once. */
const AT_ONCE = 2;
/** After how long it is tried again to keep how an import ended, in ms. */
const NOTED_AGAIN_MS = 1_000;
/** How long an import that is over can be asked for, in ms. */
const REMEMBERED_MS = 86_400_000;

/** What importing works with. */
export interface ImportServices {
  readonly state: Pick<StateReader, 'view'>;
  readonly snapshot: () => Snapshot;
  readonly content: RegistryServices;
  readonly work: WorkStore;
  readonly box: SecretBox;
  readonly door: OutboundDoor;
  readonly announced: () => void;
  readonly log: Log;
  readonly now: () => number;
}

/** Imports images, and goes on with those that an earlier process began. */
export interface Imports extends AsyncDisposable {
  readonly effect: ArmEffect;
  /** Where an import stands, for clients that poll. */
  readonly routes: readonly ArmRoute[];
}

/** Starts what was begun, and takes what is asked for. */
export function startImports(services: ImportServices): Imports {
  const stop = new AbortController();
  const waiting = [...services.work.running()];
  const under = new Set<Promise<void>>();
  const next = (): void => {
    while (under.size < AT_ONCE && !stop.signal.aborted) {
      const work = waiting.shift();
      if (work === undefined) return;
      const run = carryOut(services, work, stop.signal).finally(() => {
        under.delete(run);
        next();
      });
      under.add(run);
    }
  };
  next();
  const take = (work: Work): void => {
    waiting.push(work);
    next();
  };
  return {
    effect: {
      type: REGISTRY,
      name: 'importImage',
      method: 'POST',
      run: (asked) => begin(services, asked, take),
    },
    routes: [statusRoute(services.work, 'operationStatuses'), statusRoute(services.work, 'operationResults')],
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.allSettled(under);
    },
  };
}

type Asked = Parameters<ArmEffect['run']>[0];

/** Refuses at once what can be told at once; everything else is found out by the operation. */
async function begin(services: ImportServices, asked: Asked, take: (work: Work) => void): Promise<EffectOutcome> {
  const { resource, apiVersion, body, caller } = asked;
  const request = readImport(body);
  if ('code' in request) return { kind: 'refused', error: request };
  const settled = settleSource(services, request, caller);
  if ('code' in settled) return { kind: 'refused', error: settled };
  try {
    await refuseTaken(settled, targetOf(services, resource.id, ''));
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    return { kind: 'refused', error: { code: 'Conflict', message: error.message } };
  }
  const { box, work, now } = services;
  const id = `importImage-${randomUUID()}`;
  const input = box.seal(JSON.stringify({ request: settled, uid: resource.uid }), id);
  const begun: Work = {
    id,
    kind: 'import',
    resource: resource.id,
    createdMs: now(),
    input,
    state: { kind: 'running' },
  };
  await work.begin(begun);
  await work.forgetWork(now() - REMEMBERED_MS);
  take(begun);
  const at = (kind: string): string => `${resource.id}/${kind}/${id}?api-version=${encodeURIComponent(apiVersion)}`;
  return { kind: 'accepted', status: at('operationStatuses'), result: at('operationResults') };
}

/** A registry of this server is named by its id, whose pulling the caller must be allowed. */
function settleSource(
  { state, snapshot }: ImportServices,
  request: ImportRequest,
  caller: string,
): ImportRequest | ArmError {
  const { source } = request;
  const view = state.view();
  const named =
    source.kind === 'resource'
      ? parseResourceId(source.id)?.key
      : ownRegistry(view.ofType(REGISTRY.toLowerCase()), snapshot(), source.host)?.key;
  if (source.kind === 'host' && named === undefined) return request;
  if (source.kind === 'host' && source.password !== '')
    return invalid(
      'source.credentials',
      `The registry '${source.host}' is one of this server: leave the credentials out, what counts are the roles of who imports.`,
    );
  const registry = named === undefined ? undefined : view.get(named);
  if (registry?.type !== REGISTRY.toLowerCase())
    return invalid(
      'source.resourceId',
      `The value ${JSON.stringify(source.kind === 'resource' ? source.id : source.host)} of 'source.resourceId' is not the id of a registry that is there.`,
    );
  if (may(view, caller, `${REGISTRY}/pull/read`, registry.key))
    return { ...request, source: { kind: 'resource', id: registry.id } };
  const message = `The client with object id '${caller}' does not have permission to perform action '${REGISTRY}/pull/read' on the linked scope '${registry.id}': give it the role AcrPull there.`;
  return { code: 'LinkedAuthorizationFailed', message };
}

function ownRegistry(
  registries: readonly StoredResource[],
  { registries: served }: Snapshot,
  host: string,
): StoredResource | undefined {
  const found = served.get(host.replace(/:\d+$/, '').toLowerCase());
  return found === undefined ? undefined : registries.find(({ uid }) => uid === found.settings.uid);
}

function invalid(target: string, message: string): ArmError {
  return { code: 'InvalidRequestContent', target, message };
}

/** Does an import to its end. What the end of the server cuts short is begun again by the next one. */
async function carryOut(services: ImportServices, { id, resource, input }: Work, signal: AbortSignal): Promise<void> {
  const { box, now, log } = services;
  try {
    const { request, uid } = JSON.parse(box.open(input, id)) as {
      readonly request: ImportRequest;
      readonly uid: string;
    };
    using _ = holdTargets(services, request, uid);
    await importImage(request, sourceOf(services, request, signal), targetOf(services, resource, id, uid));
    await noteEnd(services, id, { kind: 'succeeded', endedMs: now() }, signal);
    services.announced();
  } catch (error) {
    if (signal.aborted) return;
    const known = error instanceof ImportError ? error : undefined;
    if (known === undefined) log.event({ event: 'task-failed', task: 'import', error });
    const message = known?.message ?? 'The import failed for a reason that the log of the server tells.';
    const code = known?.code ?? 'InternalServerError';
    await noteEnd(services, id, { kind: 'failed', endedMs: now(), code, message }, signal).catch((failure: unknown) =>
      log.event({ event: 'task-failed', task: 'import', error: failure }),
    );
  }
}

/** Keeps how an import ended. Where there is no room for that, whoever asked goes on asking: it is tried until there is. */
async function noteEnd(
  { work }: ImportServices,
  id: string,
  state: Parameters<WorkStore['end']>[1],
  signal: AbortSignal,
): Promise<void> {
  for (;;)
    try {
      return await work.end(id, state);
    } catch (error) {
      if (shortageOf(error) === undefined) throw error;
      await pause(NOTED_AGAIN_MS, undefined, { signal });
    }
}

/** What an import brought stays until it is over: it is a push of several blobs without a session. */
function holdTargets({ content }: ImportServices, { tags, untagged }: ImportRequest, uid: string): Disposable {
  const stack = new DisposableStack();
  // The state makes uids; this is where one enters the store's vocabulary.
  const registry = uid as RegistryUid;
  for (const name of new Set([...tags.map(({ repository }) => repository), ...untagged]))
    stack.use(content.uploads.hold({ registry, name }));
  return stack;
}

function sourceOf({ state, content, door }: ImportServices, { source }: ImportRequest, signal: AbortSignal): Source {
  if (source.kind === 'host') return remoteSource(door, source, signal);
  const id = parseResourceId(source.id);
  const registry = id === undefined ? undefined : state.view().get(id.key);
  if (registry === undefined) throw new ImportError('SourceImageNotFound', `The registry ${source.id} is gone.`);
  // The state makes uids; this is where one enters the store's vocabulary.
  return localSource(content.metadata, {
    uid: registry.uid as RegistryUid,
    name: registry.name,
  });
}

function targetOf({ state, snapshot, content, now }: ImportServices, resource: string, request: string, uid?: string) {
  const registry = (): ServedRegistry => {
    const id = parseResourceId(resource);
    const kept = id === undefined ? undefined : state.view().get(id.key);
    const served = [...snapshot().registries.values()].find(({ settings }) => settings.uid === kept?.uid);
    if (served !== undefined && (uid === undefined || uid === kept?.uid)) return served;
    throw new ImportError('ResourceNotFound', `The registry ${resource} went while the image was imported.`);
  };
  const occasion = () => ({
    request,
    host: registry().settings.loginServer,
    method: 'PUT',
    userAgent: 'AzureContainerRegistry',
    address: '',
    nowMs: now(),
  });
  return importTarget({ content, registry, occasion, now });
}

const BELOW =
  '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{registry}';

/** The two ways of asking: a document that says how it stands, and 202 until it is done (facts/acr.md §4). */
function statusRoute(store: WorkStore, kind: 'operationStatuses' | 'operationResults'): ArmRoute {
  return {
    method: 'GET',
    path: `${BELOW}/${kind}/{operation}`,
    permission: undefined,
    run: (context, { parameters: { subscription = '', group = '', registry = '', operation = '' }, apiVersion }) => {
      const work = store.work(operation);
      const path = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.ContainerRegistry/registries/${registry}`;
      if (work === undefined || work.resource.toLowerCase() !== path.toLowerCase())
        return refused({ code: 'ResourceNotFound', message: `There is no operation '${operation}' of ${path}.` });
      const location = `${context.origin}${path}/${kind}/${operation}?api-version=${encodeURIComponent(apiVersion)}`;
      return kind === 'operationStatuses' ? statusOf(work) : resultOf(work, location);
    },
  };
}

function statusOf({ id, state, createdMs }: Work): ActionOutcome {
  const status = { running: 'InProgress', succeeded: 'Succeeded', failed: 'Failed' }[state.kind];
  const ended = state.kind === 'running' ? {} : { endTime: new Date(state.endedMs).toISOString() };
  const error: { readonly error?: Json } =
    state.kind === 'failed' ? { error: { code: state.code, message: state.message } } : {};
  return {
    kind: 'answered',
    body: { name: id, status, startTime: new Date(createdMs).toISOString(), ...ended, ...error },
    ...(state.kind === 'running' ? { askAgainS: 1 } : {}),
  };
}

function resultOf({ state }: Work, location: string): ActionOutcome {
  switch (state.kind) {
    case 'running':
      return { kind: 'running', location };
    case 'succeeded':
      return { kind: 'answered', body: {} };
    case 'failed':
      return refused({ code: 'ImportImageFailed', message: `${state.code}: ${state.message}` });
  }
}
