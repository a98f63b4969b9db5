/**
 * Work that outlives the request that asked for it: messages to webhooks, and long-running operations. A step is durable
 * when its promise resolves; after a crash it is done again, so whoever does it makes twice as good as once.
 */

/** One message to a webhook. Times are ms since the epoch. */
export interface Delivery {
  /** Known to the receiver: the same however often it is sent. */
  readonly id: string;
  /** The immutable id of the webhook. */
  readonly webhook: string;
  readonly createdMs: number;
  /** When it is to be sent (again); `undefined` when it is over. */
  readonly dueMs: number | undefined;
  readonly attempts: number;
  /** What is sent, as JSON. */
  readonly content: string;
  /** How the last attempt went. */
  readonly result: DeliveryResult | undefined;
}

/** How one attempt to deliver went: what was sent, and what came back or why nothing did. */
export interface DeliveryResult {
  readonly requestUri: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly reason?: string;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly responseBody?: string;
  readonly failure?: string;
}

/** A long-running operation. */
export interface Work {
  readonly id: string;
  readonly kind: 'import';
  /** The id of the resource it is about. */
  readonly resource: string;
  readonly createdMs: number;
  /** What to do, sealed, as it holds passwords. Empty once it is over. */
  readonly input: string;
  readonly state: WorkState;
}

/** Where a long-running operation stands. */
export type WorkState =
  | { readonly kind: 'running' }
  | { readonly kind: 'succeeded'; readonly endedMs: number }
  | { readonly kind: 'failed'; readonly endedMs: number; readonly code: string; readonly message: string };

/** Keeps work. */
export interface WorkStore extends AsyncDisposable {
  /** Keeps messages; one whose id is known is left as it is. */
  addDeliveries(deliveries: readonly Delivery[]): Promise<void>;
  /** Messages that are due, the longest waiting first. */
  dueDeliveries(nowMs: number, limit: number): readonly Delivery[];
  /** When the next message is due. */
  nextDueMs(): number | undefined;
  /** Keeps how an attempt went. `dueMs`: when to try again; `undefined`: never. */
  attempted(attempt: {
    readonly id: string;
    readonly result: DeliveryResult;
    readonly dueMs: number | undefined;
  }): Promise<void>;
  /** The newest messages to a webhook, newest first. */
  deliveriesOf(webhook: string, limit: number): readonly Delivery[];
  /** Forgets messages made before a time, and those beyond the newest `keep` of each webhook that are over. */
  forgetDeliveries(bounds: { readonly beforeMs: number; readonly keep: number }): Promise<void>;

  begin(work: Work): Promise<void>;
  end(id: string, state: Exclude<WorkState, { readonly kind: 'running' }>): Promise<void>;
  work(id: string): Work | undefined;
  running(): readonly Work[];
  /** Forgets work that ended before a time. */
  forgetWork(beforeMs: number): Promise<void>;
}
