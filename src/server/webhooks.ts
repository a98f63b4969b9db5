import { randomUUID } from 'node:crypto';
import type { ArmEffect } from '../arm/effect.ts';
import type { Json, JsonObject } from '../azure/json.ts';
import type { Delivery, WorkStore } from '../operation/port.ts';
import { contentOf, pingOf } from '../operation/webhook/content.ts';
import { startCourier } from '../operation/webhook/courier.ts';
import { inScope } from '../operation/webhook/scope.ts';
import type { OutboundDoor } from '../outbound/door.ts';
import type { StateReader, StateView, StoredResource } from '../state/port.ts';
import type { ContentEvent, MetadataStore } from '../store/port.ts';
import type { Log } from '../telemetry/log.ts';

const WEBHOOK = 'Microsoft.ContainerRegistry/registries/webhooks';
const TYPE = WEBHOOK.toLowerCase();
/** After how long events are taken again that could not be, in ms: a disk was full. */
const AGAIN_MS = 30_000;
/** How many events are taken at once. */
const BATCH = 100;

/** What telling webhooks works with. */
export interface WebhookServices {
  readonly state: Pick<StateReader, 'view'>;
  readonly metadata: Pick<MetadataStore, 'events' | 'forgetEvents'>;
  readonly work: WorkStore;
  readonly door: OutboundDoor;
  readonly log: Log;
  readonly now: () => number;
}

/** Tells webhooks of what happens in registries. */
export interface Webhooks extends AsyncDisposable {
  /** Content changed on an occasion that somebody is to be told of. */
  announced(): void;
  /** `ping` and `listEvents` of a webhook. */
  readonly effects: readonly ArmEffect[];
}

/** Whether anybody is to be told of changes in a registry. */
export function hasWebhooks(view: StateView, registry: Pick<StoredResource, 'key'>): boolean {
  return view.ofType(TYPE, registry.key).some(isEnabled);
}

/** Turns events into messages, and messages into requests; what an earlier process left is gone on with. */
export function startWebhooks(services: WebhookServices): Webhooks {
  const { state, work, door, log, now } = services;
  const onFailure = (error: unknown): void => log.event({ event: 'task-failed', task: 'webhooks', error });
  const receiver = (uid: string) => {
    const webhook = state
      .view()
      .ofType(TYPE)
      .find((one) => one.uid === uid);
    return webhook === undefined ? undefined : receiverOf(webhook);
  };
  const courier = startCourier({ store: work, door, receiver, now, onFailure });
  let tail: Promise<void> = Promise.resolve();
  let again: NodeJS.Timeout | undefined;
  const announced = (): void => {
    tail = tail
      .then(() => takeEvents(services))
      .then(() => courier.wake())
      .catch((error: unknown) => {
        onFailure(error);
        clearTimeout(again);
        again = setTimeout(announced, AGAIN_MS).unref();
      });
  };
  announced();
  return {
    announced,
    effects: [pingEffect(services, courier), listEventsEffect(services)],
    async [Symbol.asyncDispose]() {
      await tail;
      clearTimeout(again);
      await courier[Symbol.asyncDispose]();
    },
  };
}

async function takeEvents({ state, metadata, work }: WebhookServices): Promise<void> {
  for (;;) {
    const events = await metadata.events(BATCH);
    const last = events.at(-1);
    if (last === undefined) return;
    const view = state.view();
    await work.addDeliveries(events.flatMap((event) => deliveriesOf(view, event)));
    await metadata.forgetEvents(last.sequence);
  }
}

function deliveriesOf(view: StateView, event: ContentEvent): readonly Delivery[] {
  const { registry, name } = event.repository;
  const owner = view.ofType('microsoft.containerregistry/registries').find(({ uid }) => uid === registry);
  if (owner === undefined) return [];
  return view
    .ofType(TYPE, owner.key)
    .filter(
      (webhook) => isEnabled(webhook) && wants(webhook, event.action) && inScope(scopeOf(webhook), name, event.tag),
    )
    .map(({ uid }) => ({
      // The same when the event is taken twice.
      id: `${event.id}-${uid.slice(0, 8)}`,
      webhook: uid,
      createdMs: event.occasion.nowMs,
      dueMs: event.occasion.nowMs,
      attempts: 0,
      content: contentOf(event),
      result: undefined,
    }));
}

function isEnabled({ properties: { status } }: StoredResource): boolean {
  return status === 'enabled';
}

function wants({ properties: { actions } }: StoredResource, action: string): boolean {
  return Array.isArray(actions) && actions.includes(action);
}

function scopeOf({ properties: { scope } }: StoredResource): string {
  return typeof scope === 'string' ? scope : '';
}

function receiverOf({ properties: { serviceUri, customHeaders } }: StoredResource) {
  const url = typeof serviceUri === 'string' ? URL.parse(serviceUri) : null;
  if (url === null) return undefined;
  const headers = typeof customHeaders === 'object' && customHeaders !== null ? customHeaders : {};
  return {
    url,
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    ),
  };
}

/** A ping goes to a webhook that is switched off, too: it is how one is tried. */
function pingEffect({ work, now }: WebhookServices, courier: { wake(): void }): ArmEffect {
  return {
    type: WEBHOOK,
    name: 'ping',
    method: 'POST',
    run: async ({ resource }) => {
      const [id, nowMs] = [randomUUID(), now()];
      const ping = { id, webhook: resource.uid, createdMs: nowMs, dueMs: nowMs, attempts: 0, result: undefined };
      await work.addDeliveries([{ ...ping, content: pingOf(id, nowMs) }]);
      courier.wake();
      return { kind: 'answered', body: { id } };
    },
  };
}

/** How many messages are listed. */
const LISTED = 100;

function listEventsEffect({ work }: WebhookServices): ArmEffect {
  return {
    type: WEBHOOK,
    name: 'listEvents',
    method: 'POST',
    run: async ({ resource }) => ({
      kind: 'answered',
      body: { value: work.deliveriesOf(resource.uid, LISTED).map(eventJson) },
    }),
  };
}

/** A message as Azure shows it: what was sent, and what came back. */
function eventJson({ id, content, result }: Delivery): JsonObject {
  const parsed: Json = JSON.parse(content);
  return {
    id,
    eventRequestMessage: {
      content: parsed,
      headers: { ...result?.requestHeaders },
      method: 'POST',
      requestUri: result?.requestUri ?? '',
      version: '1.1',
    },
    ...(result === undefined ? {} : { eventResponseMessage: responseJson(result) }),
  };
}

function responseJson(result: NonNullable<Delivery['result']>): JsonObject {
  const { status, reason, responseHeaders, responseBody, failure } = result;
  if (status === undefined)
    return { content: failure ?? '', headers: {}, reasonPhrase: 'Not delivered', version: '1.1' };
  return {
    content: responseBody ?? '',
    headers: { ...responseHeaders },
    reasonPhrase: reason ?? '',
    statusCode: String(status),
    version: '1.1',
  };
}
