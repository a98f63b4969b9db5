import { subscribe } from 'node:diagnostics_channel';
import { ClientRequest, IncomingMessage, type OutgoingMessage, ServerResponse } from 'node:http';
import { collects, noteSecret } from './run-log.ts';
import { secretsOfAuthorization, secretsOfBody } from './secrets-of-body.ts';

/** Bodies beyond this are no answers with secrets. */
const MOST_CHARACTERS = 256 * 1024;

/**
 * Has the run look for every secret that passes through node:http in this process, on either side: what servers make and
 * show, and what they are given. Content (`/v2/`) is not looked into.
 */
export function noteSecretsOnTheWire(): void {
  if (!collects) return;
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { readonly request: unknown; readonly response: unknown };
    if (!(request instanceof IncomingMessage && response instanceof ServerResponse)) return;
    noteAuthorization(request.headers.authorization);
    if (isContent(request.url)) return;
    tapReading(request);
    tapWriting(response);
  });
  subscribe('http.client.request.created', (message) => {
    const { request } = message as { readonly request: unknown };
    if (!(request instanceof ClientRequest)) return;
    noteAuthorization(String(request.getHeader('authorization') ?? ''));
    if (!isContent(request.path)) tapWriting(request);
  });
  subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as { readonly request: unknown; readonly response: unknown };
    if (request instanceof ClientRequest && response instanceof IncomingMessage && !isContent(request.path))
      tapReading(response);
  });
}

const isContent = (path = ''): boolean => path.startsWith('/v2/');

function noteAuthorization(header = ''): void {
  for (const one of secretsOfAuthorization(header)) noteSecret(one);
}

/** Collects text up to a bound. */
function collector(): { add(chunk: unknown): void; end(): void } {
  let text = '';
  return {
    add(chunk) {
      if (text.length > MOST_CHARACTERS) return;
      if (typeof chunk === 'string') text += chunk;
      else if (chunk instanceof Uint8Array) text += Buffer.from(chunk).toString();
    },
    end() {
      for (const one of secretsOfBody(text)) noteSecret(one);
      text = '';
    },
  };
}

/** Every chunk of a body that is read comes by `push`; nothing of how it is read is changed by looking at it there. */
function tapReading(message: IncomingMessage): void {
  const collected = collector();
  const push = message.push.bind(message);
  message.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null) collected.end();
    else collected.add(chunk);
    return push(chunk, encoding);
  };
}

function tapWriting(message: OutgoingMessage): void {
  const collected = collector();
  const write = message.write.bind(message) as (...args: readonly unknown[]) => boolean;
  const end = message.end.bind(message) as (...args: readonly unknown[]) => typeof message;
  message.write = (...args: readonly unknown[]): boolean => {
    collected.add(args[0]);
    return write(...args);
  };
  message.end = (...args: readonly unknown[]): typeof message => {
    collected.add(args[0]);
    collected.end();
    return end(...args);
  };
}
