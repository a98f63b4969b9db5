import { type OutboundDoor, OutboundFailedError, OutboundRefusedError, readAnswer } from '../../outbound/door.ts';
import type { Delivery, DeliveryResult, WorkStore } from '../port.ts';

/** How long a receiver may take, in ms. */
const TIMEOUT_MS = 10_000;
/** How much of an answer is kept, in bytes. */
const ANSWER_BYTES = 4096;
/** The pauses before the second attempt and those after it, in ms; after the last one a message is given up. */
const PAUSES_MS = [1_000, 10_000, 60_000, 600_000] as const;
/** The rest after a round whose outcome could not be kept, in ms: what was sent is sent again. */
const FAILED_REST_MS = 30_000;
/** How many messages are under way at once. */
const AT_ONCE = 8;
/** How long messages are remembered, in ms, and how many of one webhook. */
const REMEMBERED_MS = 7 * 86_400_000;
const REMEMBERED = 100;

/** Where a webhook is called. */
export interface Receiver {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the courier works with. */
export interface CourierServices {
  readonly store: WorkStore;
  readonly door: OutboundDoor;
  /** Where a webhook is called now; `undefined` when it is gone or switched off. */
  readonly receiver: (webhook: string) => Receiver | undefined;
  readonly now: () => number;
  readonly onFailure: (error: unknown) => void;
}

/** Sends messages until it is disposed of. */
export interface Courier extends AsyncDisposable {
  /** There are new messages. */
  wake(): void;
}

/** Sends what is due, tries again what fails, and remembers how it went. */
export function startCourier(services: CourierServices): Courier {
  const { store, now, onFailure } = services;
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let woken = false;
  let running: Promise<void> | undefined;
  const rest = (leastMs: number): void => {
    const due = store.nextDueMs();
    if (stop.signal.aborted || due === undefined) return;
    timer = setTimeout(wake, Math.min(Math.max(leastMs, due - now()), 60_000)).unref();
  };
  const round = async (): Promise<void> => {
    do {
      woken = false;
      await sendDue(services, stop.signal);
    } while (woken && !stop.signal.aborted);
  };
  const wake = (): void => {
    woken = true;
    clearTimeout(timer);
    if (running !== undefined || stop.signal.aborted) return;
    running = round()
      .then(
        () => 0,
        (error: unknown) => {
          onFailure(error);
          return FAILED_REST_MS;
        },
      )
      .then((leastMs) => {
        running = undefined;
        rest(leastMs);
      });
  };
  wake();
  return {
    wake,
    async [Symbol.asyncDispose]() {
      stop.abort();
      clearTimeout(timer);
      await running;
    },
  };
}

async function sendDue(services: CourierServices, signal: AbortSignal): Promise<void> {
  const { store, now } = services;
  for (;;) {
    const due = signal.aborted ? [] : store.dueDeliveries(now(), AT_ONCE);
    if (due.length === 0) break;
    await Promise.all(due.map((delivery) => attempt(services, delivery, signal)));
  }
  if (!signal.aborted) await store.forgetDeliveries({ beforeMs: now() - REMEMBERED_MS, keep: REMEMBERED });
}

async function attempt(services: CourierServices, delivery: Delivery, signal: AbortSignal): Promise<void> {
  const receiver = services.receiver(delivery.webhook);
  const result = receiver === undefined ? GONE : await send(services, { delivery, receiver, signal });
  // What was cut short by the end of the server is sent again by the next one.
  if (signal.aborted) return;
  const delivered = result.status !== undefined && result.status >= 200 && result.status < 300;
  const pause = delivered || result === GONE ? undefined : PAUSES_MS[delivery.attempts];
  const dueMs = pause === undefined ? undefined : services.now() + pause;
  await services.store.attempted({ id: delivery.id, result, dueMs });
}

const GONE: DeliveryResult = { requestUri: '', requestHeaders: {}, failure: 'the webhook is gone or disabled' };

function withoutSecrets(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  // Some receivers know their callers by it.
  if (shown.search !== '') shown.search = '?***';
  return shown.href;
}

async function send(
  { door }: CourierServices,
  {
    delivery,
    receiver,
    signal,
  }: { readonly delivery: Delivery; readonly receiver: Receiver; readonly signal: AbortSignal },
): Promise<DeliveryResult> {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'seawall', ...receiver.headers };
  // Headers that people added are how receivers know the caller: they are not shown again.
  const hidden = Object.fromEntries(Object.keys(receiver.headers).map((name) => [name, '***']));
  const asked = { requestUri: withoutSecrets(receiver.url), requestHeaders: { ...headers, ...hidden } };
  try {
    const answer = await door.send({
      method: 'POST',
      url: receiver.url,
      headers,
      body: delivery.content,
      timeoutMs: TIMEOUT_MS,
      redirects: 'refuse',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const { status, reason, headers: responseHeaders } = answer;
    const body = await readAnswer(answer, ANSWER_BYTES).catch(() => {
      answer.discard();
      return Buffer.from('');
    });
    return { ...asked, status, reason, responseHeaders, responseBody: body.toString('utf8') };
  } catch (error) {
    if (error instanceof OutboundRefusedError || error instanceof OutboundFailedError)
      return { ...asked, failure: error.message };
    throw error;
  }
}
