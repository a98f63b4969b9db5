import { lookup } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { formatAddress } from '../network/address.ts';
import { judge, type OutboundPolicy, readAddresses } from './policy.ts';

/** How many addresses further a request may be sent on by the answers. */
const MAX_REDIRECTS = 5;

/** One request to somebody else's server. */
export interface OutboundRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How long it may stand still, in ms: also the bound for its first answer. */
  readonly timeoutMs: number;
  /** Whether it is sent on where the answer says so; the target of each is judged anew. */
  readonly redirects: 'follow' | 'refuse';
  readonly signal?: AbortSignal;
}

/** An answer whose body is still to be read. */
export interface OutboundAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The URL that answered in the end. */
  readonly url: URL;
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the connection up when the body is not wanted. */
  discard(): void;
}

/** The one way out: everything that is dialled for a user. */
export interface OutboundDoor {
  /** Throws {@link OutboundRefusedError} where the policy forbids it, {@link OutboundFailedError} where nobody answers. */
  send(request: OutboundRequest): Promise<OutboundAnswer>;
}

/** The target may not be dialled; nothing was sent. */
export class OutboundRefusedError extends Error {
  override name = 'OutboundRefusedError';
}

/** The target could not be reached, or broke off. */
export class OutboundFailedError extends Error {
  override name = 'OutboundFailedError';
}

/** Resolves a name to addresses as text. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Opens the door. The policy is asked for at every request: own addresses come and go. `ca`: more roots to trust (PEM). */
export function openDoor(
  policy: () => OutboundPolicy,
  { ca, resolve = resolveBySystem }: { readonly ca?: readonly string[]; readonly resolve?: Resolve } = {},
): OutboundDoor {
  const sendOne = async (request: OutboundRequest): Promise<OutboundAnswer> => {
    const address = await pin(policy(), resolve, request.url);
    return exchange(request, address, ca);
  };
  return { send: (request) => follow(request, sendOne) };
}

async function resolveBySystem(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}

async function follow(
  request: OutboundRequest,
  sendOne: (request: OutboundRequest) => Promise<OutboundAnswer>,
): Promise<OutboundAnswer> {
  let next = request;
  for (let hops = 0; ; hops++) {
    const answer = await sendOne(next);
    const { location } = answer.headers;
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.status) && location !== undefined;
    if (!isRedirect || request.redirects === 'refuse') return answer;
    answer.discard();
    if (hops === MAX_REDIRECTS)
      throw new OutboundFailedError(`${request.url.origin} redirects more than ${MAX_REDIRECTS} times`);
    next = redirected(next, location);
  }
}

/** The request that a redirect asks for. What identifies the caller is told to nobody else. */
function redirected(request: OutboundRequest, location: string): OutboundRequest {
  const url = URL.parse(location, request.url);
  if (url === null)
    throw new OutboundFailedError(`${request.url.origin} redirects to ${location.slice(0, 200)}, which is no URL`);
  if (request.url.protocol === 'https:' && url.protocol !== 'https:')
    throw new OutboundRefusedError(`${request.url.origin} redirects to ${url.origin}: from https to plain http`);
  const headers = url.origin === request.url.origin ? request.headers : withoutSecrets(request.headers);
  return { ...request, url, headers };
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(?:authorization|cookie|proxy-)/i.test(name)),
  );
}

/** The address that is dialled. Every address of the name must be allowed: a name with two faces is refused. */
async function pin(policy: OutboundPolicy, resolve: Resolve, url: URL): Promise<string> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new OutboundRefusedError(`${url.protocol} is not dialled: it must be https or http`);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = readAddresses(await addressesOf(host, resolve));
  const [first] = addresses;
  if (first === undefined) throw new OutboundFailedError(`${host} has no address`);
  for (const address of addresses) {
    const judged = judge(policy, host, address);
    if (judged.kind === 'refused')
      throw new OutboundRefusedError(
        `${host} is not dialled: its address ${formatAddress(address)} ${judged.why}. ` +
          'The operator of this registry can allow it by the setting outboundAllow',
      );
  }
  return formatAddress(first);
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly string[]> {
  if (readAddresses([host]).length > 0) return [host];
  try {
    return await resolve(host);
  } catch (cause) {
    throw new OutboundFailedError(`${host} could not be resolved`, { cause });
  }
}

function exchange(
  request: OutboundRequest,
  address: string,
  ca: readonly string[] | undefined,
): Promise<OutboundAnswer> {
  const { url, method, timeoutMs, body, signal } = request;
  const family = address.includes(':') ? 6 : 4;
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(new OutboundFailedError(`${url.origin} could not be asked: ${cause.message}`, { cause }));
    const outgoing = send(url, {
      method,
      headers: {
        ...request.headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      // Whatever the name means by now, this address was judged.
      lookup: (_host, options, found) => {
        if (options.all === true) found(null, [{ address, family }]);
        else found(null, address, family);
      },
      agent: false,
      timeout: timeoutMs,
      ...(signal === undefined ? {} : { signal }),
      ...(ca === undefined ? {} : { ca: [...ca] }),
    });
    outgoing.once('error', fail);
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    outgoing.once('response', (incoming) => resolve(answerOf(request, incoming)));
    outgoing.end(body);
  });
}

function answerOf({ url, timeoutMs }: OutboundRequest, incoming: IncomingMessage): OutboundAnswer {
  incoming.setTimeout(timeoutMs, () => incoming.destroy(new Error(`no byte within ${timeoutMs} ms`)));
  return {
    status: incoming.statusCode ?? 0,
    reason: incoming.statusMessage ?? '',
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    url,
    body: incoming,
    discard: () => incoming.destroy(),
  };
}

/** Reads a body of at most `limit` bytes; throws {@link OutboundFailedError} when it is larger or breaks off. */
export async function readAnswer({ body, url }: OutboundAnswer, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > limit) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new OutboundFailedError(`the answer of ${url.origin} broke off`, { cause });
  }
  if (size > limit) throw new OutboundFailedError(`the answer of ${url.origin} is larger than ${limit} bytes`);
  return Buffer.concat(chunks);
}
