import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type LookupFunction, isIP } from 'node:net';
import { lookup as systemLookup } from 'node:dns';

/** One request over HTTPS. */
export interface HttpsCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** PEM of the CA to trust; the system's own CAs when absent. */
  readonly ca: string | undefined;
}

/** The outcome of a call: an answer of any status, or none. */
export type HttpsAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'unreachable'; readonly why: string };

/** A server that does not answer within this many ms is taken for unreachable. */
const TIMEOUT_MS = 30_000;
/** More than this many bytes is no answer of ours. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Sends a request, a POST unless it says otherwise, and reads the JSON of its answer. */
export async function post({ method = 'POST', url, headers, body, ca }: HttpsCall): Promise<HttpsAnswer> {
  const sent = request(url, {
    method,
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    agent: false,
    timeout: TIMEOUT_MS,
    lookup: lookupLocalhost,
    ...(ca === undefined ? {} : { ca }),
  });
  sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
  sent.end(body);
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { kind: 'answered', status: response.statusCode ?? 0, body: await readJson(response) };
  } catch (error) {
    return { kind: 'unreachable', why: `${url.origin} does not answer: ${String(error)}` };
  }
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MOST_BYTES) throw new Error('the answer is too long');
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Names under `localhost` are this machine (RFC 6761, section 6.3), which not every resolver knows. */
const lookupLocalhost: LookupFunction = (name, options, done) => {
  const local = name === 'localhost' || name.endsWith('.localhost');
  if (!local || isIP(name) !== 0) return systemLookup(name, options, done);
  const found = [{ address: '127.0.0.1', family: 4 }];
  if (options.all === true) done(null, found);
  else done(null, '127.0.0.1', 4);
};
