import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ListenAddress } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import type { HttpHandlers } from '../connection/http-server.ts';
import { type Listener, listen } from '../connection/listener.ts';
import { notReady, refuse } from '../http/reply.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metric.ts';
import type { ListenerCertificate } from './certificates.ts';
import { type Plane, type Responder, respond } from './respond.ts';

/** One listener. It answers 503 until it is given its plane: addresses are known before what answers on them. */
export interface OpenListener {
  readonly address: ListenAddress;
  serve(plane: Plane): void;
  /** Says how many connections were cut at the deadline, in ms. */
  close(deadlineMs: number): Promise<{ readonly cut: number }>;
}

/** What a listener needs beside its certificate. */
export interface ListenerContext {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The API version header that old docker clients look for, on the registry's answers. */
const HEADERS: Readonly<Record<Responder['listener'], Readonly<Record<string, string>>>> = {
  registry: { 'docker-distribution-api-version': 'registry/2.0', 'x-content-type-options': 'nosniff' },
  control: { 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' },
};

const starting: Plane = async () => notReady('the server is starting');
const noExpectation: Plane = async () => refuse({ code: 'EXPECTATION_FAILED' });

/** Opens one of the two listeners. */
export async function openListener(
  name: Responder['listener'],
  certificate: ListenerCertificate,
  { config, log, metrics }: ListenerContext,
): Promise<OpenListener> {
  let responder: Responder = { listener: name, plane: starting, log, metrics, headers: HEADERS[name] };
  const listener: Listener = await listen({
    name,
    address: config[name],
    limits: config.connections,
    secureContext: () => certificate.secureContext(),
    handlers: handlersOf(() => responder),
    onEvent: (event) => log.event(event),
  });
  return {
    address: listener.address,
    serve: (plane) => {
      responder = { ...responder, plane };
    },
    close: (deadlineMs) => listener.close(deadlineMs),
  };
}

function handlersOf(responder: () => Responder): HttpHandlers {
  const answer = (request: IncomingMessage, response: ServerResponse) => void respond(responder(), request, response);
  return {
    request: answer,
    checkContinue: answer,
    checkExpectation: (request, response) => void respond({ ...responder(), plane: noExpectation }, request, response),
  };
}
