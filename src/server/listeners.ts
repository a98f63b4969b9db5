import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { ListenAddress } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import { Clients } from '../limit/clients.ts';
import type { HttpHandlers } from '../connection/http-server.ts';
import type { SecureContextFor } from '../connection/secure.ts';
import { type Listener, listen } from '../connection/listener.ts';
import { notReady } from '../http/reply.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metric.ts';
import type { ListenerCertificates } from './certificates.ts';
import { earlyRefusal, unreadableBody } from './early-refusal.ts';
import { proxyPeers } from './perimeter.ts';
import { type Plane, type Responder, respond } from './respond.ts';
import { quickHandler } from './respond-quick.ts';

/** One listener. It answers 503 until it is given its plane: addresses are known before what answers on them. */
export interface OpenListener {
  readonly address: ListenAddress;
  serve(plane: Plane): void;
  attach: Listener['attach'];
  cut: Listener['cut'];
  /** Says how many connections were cut at the deadline, in ms. */
  close(deadlineMs: number): Promise<{ readonly cut: number }>;
}

/** What the listeners need. */
export interface ListenerContext {
  readonly config: Config;
  readonly certificates: ListenerCertificates;
  readonly log: Log;
  readonly metrics: Metrics;
  /** A server that listens already for one of the two, opened by somebody who may. */
  readonly opened?: (name: Responder['listener']) => Promise<Server | undefined>;
}

/** Both listeners, open. Disposing stops accepting, drains for as long as the configuration says, and cuts what is left. */
export interface Listeners extends AsyncDisposable {
  readonly registry: OpenListener;
  readonly control: OpenListener;
  /** PEM file of the CA to trust; `undefined` when both show the operator's certificates. */
  readonly caFile: string | undefined;
  /** Whether they are being closed. */
  stopping(): boolean;
  /** Looks at the certificates anew: what changed is shown from the next handshake on. */
  refreshCertificates(): Promise<void>;
}

/** The API version header that old docker clients look for, on the registry's answers. */
const HEADERS: Readonly<Record<Responder['listener'], Readonly<Record<string, string>>>> = {
  registry: { 'docker-distribution-api-version': 'registry/2.0', 'x-content-type-options': 'nosniff' },
  control: { 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' },
};

const starting: Plane = async () => notReady('the server is starting');

/** Opens both listeners; when one fails, the other is closed again. */
export async function openListeners(context: ListenerContext): Promise<Listeners> {
  const { config, certificates, log } = context;
  await using stack = new AsyncDisposableStack();
  const open: OpenListener[] = [];
  let stopping = false;
  stack.defer(async () => {
    stopping = true;
    const closed = await Promise.all(open.map((listener) => listener.close(config.shutdownMs)));
    log.event({ event: 'stopped', cutConnections: closed.reduce((sum, { cut }) => sum + cut, 0) });
  });
  const registry = await openListener('registry', withData(certificates), context);
  open.push(registry);
  const control = await openListener('control', () => certificates.control.secureContext(), context);
  open.push(control);
  const opened = stack.move();
  return {
    registry,
    control,
    caFile: certificates.registry.caFile ?? certificates.control.caFile,
    stopping: () => stopping,
    refreshCertificates: async () => {
      for (const one of [certificates.registry, certificates.control, certificates.data]) await one?.refresh();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Names of data endpoints have a certificate of their own: they lie deeper than a wildcard reaches. */
function withData({ registry, data }: ListenerCertificates): SecureContextFor {
  return (name) => (name?.includes('.data.') === true ? (data ?? registry) : registry).secureContext();
}

/** Opens one of the two listeners. */
async function openListener(
  name: Responder['listener'],
  secureContext: SecureContextFor,
  { config, log, metrics, opened }: ListenerContext,
): Promise<OpenListener> {
  const server = await opened?.(name);
  let responder: Responder = { listener: name, plane: starting, log, metrics, headers: HEADERS[name] };
  const listener: Listener = await listen({
    name,
    address: config[name],
    ...(server === undefined ? {} : { opened: server }),
    limits: config.connections,
    ...(name === 'registry' ? { proxies: proxyPeers(config) } : {}),
    clients: new Clients(config.clients, config.connections.maxConnections),
    secureContext,
    handlers: handlersOf(name, () => responder),
    onEvent: (event) => log.event(event),
  });
  return {
    address: listener.address,
    attach: (socket) => listener.attach(socket),
    cut: (which) => listener.cut(which),
    serve: (plane) => {
      responder = { ...responder, plane };
    },
    close: (deadlineMs) => listener.close(deadlineMs),
  };
}

function handlersOf(name: Responder['listener'], responder: () => Responder): HttpHandlers {
  const noExpectation: Plane = async () => earlyRefusal(name, { code: 'EXPECTATION_FAILED' });
  const answer = (request: IncomingMessage, response: ServerResponse) => void respond(responder(), request, response);
  return {
    request: answer,
    checkContinue: answer,
    checkExpectation: (request, response) => void respond({ ...responder(), plane: noExpectation }, request, response),
    quick: quickHandler(responder),
    ...(name === 'control' ? { refusalBody: unreadableBody } : {}),
  };
}
