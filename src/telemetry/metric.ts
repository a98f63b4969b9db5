import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { Histogram } from './histogram.ts';

/** One answered request, as it is counted. */
export interface RequestSample {
  readonly listener: 'registry' | 'control';
  /** The identity of the route in its table, such as `end-2`; a closed set, as every value is a series. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** The metrics of one server, in a registry of their own. */
export interface Metrics {
  /** Counts a request as in flight; the function it answers ends that, and may be called once more without effect. */
  requestStarted(listener: RequestSample['listener']): () => void;
  requestAnswered(sample: RequestSample): void;
  /** Counts somebody who was not let in; `reason` is of a closed set. */
  authRejected(reason: string): void;
  /** Counts a judgement of a client's network; both are of closed sets. */
  admissionJudged(verdict: { readonly kind: string; readonly reason: string }): void;
  /** Counts a request refused for what its client has under way or asked lately; both are of closed sets. */
  clientLimited(share: 'address' | 'identity', excess: string): void;
  /** Counts a failure of the store; `operation` is of a closed set. */
  storeFailed(operation: string): void;
  /** From now on asks `count` for the number of unfinished uploads whenever metrics are read. */
  watchUploads(count: () => number): void;
  /** The exposition in Prometheus' text format, and its content type. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'];
const DURATION_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 120];

/** Makes the metrics of one server, with those of the process where `ofProcess` (a test has several servers in one). */
export function createMetrics({ ofProcess }: { readonly ofProcess: boolean }): Metrics {
  const register = new Registry();
  const made = counters(register);
  const sums: Sum[] = [];
  const bind = seriesOf(made, sums);
  const inFlight = { registry: 0, control: 0 };
  if (ofProcess) collectDefaultMetrics({ register });
  return {
    requestStarted(listener) {
      inFlight[listener] += 1;
      let ended = false;
      return () => {
        if (!ended) inFlight[listener] -= 1;
        ended = true;
      };
    },
    requestAnswered(sample) {
      const series = bind(sample);
      series.requests.waiting += 1;
      series.duration(sample.durationMs / 1000);
      series.received.waiting += sample.receivedBytes;
      series.sent.waiting += sample.sentBytes;
    },
    authRejected: (reason) => made.rejections.inc({ reason }),
    admissionJudged: seriesOfVerdicts(made.admissions, sums),
    clientLimited: (share, excess) => made.limited.inc({ share, excess }),
    storeFailed: (operation) => made.storeErrors.inc({ operation }),
    watchUploads: (count) => watch(register, count),
    expose: async () => {
      for (const sum of sums) handOver(sum);
      for (const listener of LISTENERS) made.inFlight.set({ listener }, inFlight[listener]);
      const text = `${await register.metrics()}\n${made.duration.expose()}`;
      return { contentType: register.contentType, text };
    },
  };
}

const LISTENERS = ['registry', 'control'] as const;

/** A number that every request adds to, and that its counter learns when metrics are read: counting there costs a µs. */
interface Sum {
  waiting: number;
  readonly series: { readonly inc: (value: number) => void };
}

function sumOf(series: Sum['series'], sums: Sum[]): Sum {
  const sum = { waiting: 0, series };
  sums.push(sum);
  return sum;
}

function handOver(sum: Sum): void {
  sum.series.inc(sum.waiting);
  sum.waiting = 0;
}

type Counters = ReturnType<typeof counters>;

function counters(register: Registry) {
  const registers = [register];
  const route = ['listener', 'route'] as const;
  const listener = ['listener'] as const;
  return {
    requests: new Counter({
      name: 'seawall_http_requests_total',
      help: 'Requests answered, by route of the route table and class of status.',
      labelNames: ['listener', 'route', 'method', 'status'] as const,
      registers,
    }),
    duration: new Histogram({
      name: 'seawall_http_request_duration_seconds',
      help: 'Time from the head of a request to the last byte of its answer.',
      bounds: DURATION_BUCKETS_S,
    }),
    received: new Counter({
      name: 'seawall_http_received_bytes_total',
      help: 'Bytes of bodies received.',
      labelNames: route,
      registers,
    }),
    sent: new Counter({
      name: 'seawall_http_sent_bytes_total',
      help: 'Bytes of bodies sent.',
      labelNames: route,
      registers,
    }),
    inFlight: new Gauge({
      name: 'seawall_http_requests_in_flight',
      help: 'Requests that are being answered.',
      labelNames: listener,
      registers,
    }),
    rejections: new Counter({
      name: 'seawall_auth_rejections_total',
      help: 'Requests refused for who asked, by reason.',
      labelNames: ['reason'] as const,
      registers,
    }),
    admissions: new Counter({
      name: 'seawall_admission_total',
      help: "Requests judged by their client's network, by verdict and reason.",
      labelNames: ['verdict', 'reason'] as const,
      registers,
    }),
    limited: new Counter({
      name: 'seawall_client_limited_total',
      help: 'Requests answered 429, by whose share was used up and of what.',
      labelNames: ['share', 'excess'] as const,
      registers,
    }),
    storeErrors: new Counter({
      name: 'seawall_store_errors_total',
      help: 'Failures of the store, by operation.',
      labelNames: ['operation'] as const,
      registers,
    }),
  };
}

/** Binds each series once: a verdict is the same object from one request to the next. */
function seriesOfVerdicts(counter: Counters['admissions'], sums: Sum[]): Metrics['admissionJudged'] {
  const bound = new Map<string, Sum>();
  return ({ kind, reason }) => {
    let sum = bound.get(reason);
    if (sum === undefined) bound.set(reason, (sum = sumOf(counter.labels({ verdict: kind, reason }), sums)));
    sum.waiting += 1;
  };
}

function watch(register: Registry, count: () => number): void {
  const name = 'seawall_uploads_open';
  register.removeSingleMetric(name);
  new Gauge({
    name,
    help: 'Uploads begun and not finished.',
    registers: [register],
    collect() {
      this.set(count());
    },
  });
}

/** Series bound to their labels once and then found by key: a tenth of the cost of looking labels up each time. */
function seriesOf(made: Counters, sums: Sum[]) {
  const bound = new Map<string, ReturnType<typeof bindSeries>>();
  return (sample: RequestSample): ReturnType<typeof bindSeries> => {
    const method = METHODS.includes(sample.method) ? sample.method : 'other';
    const key = `${sample.listener} ${sample.route} ${method} ${Math.floor(sample.status / 100)}`;
    const known = bound.get(key);
    if (known !== undefined) return known;
    const fresh = bindSeries(made, sample, { method, sums });
    bound.set(key, fresh);
    return fresh;
  };
}

function bindSeries(
  made: Counters,
  { listener, route, status }: RequestSample,
  { method, sums }: { readonly method: string; readonly sums: Sum[] },
) {
  const requests = made.requests.labels({ listener, route, method, status: `${Math.floor(status / 100)}xx` });
  return {
    requests: sumOf(requests, sums),
    duration: made.duration.series({ listener, route }),
    received: sumOf(made.received.labels({ listener, route }), sums),
    sent: sumOf(made.sent.labels({ listener, route }), sums),
  };
}
