import type { OciError } from '../oci/error.ts';

/** What a target is read from. */
export type RequestHead = { readonly rawHeaders: readonly string[]; readonly url?: string | undefined };

/** Where a request goes: a host name in lower case without port, and a path and query as they were sent. */
export interface Target {
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

/**
 * Reads a request's target (invariant 1), refusing what node would read one of several of: exactly one `Host`, which agrees with the name in the TLS handshake and with
 * an absolute-form target. The port is not compared: behind a balancer it is the balancer's.
 */
export function parseTarget(request: RequestHead, serverName: string | undefined): Target | OciError {
  if (headerValues(request, 'authorization').length > 1)
    return { code: 'REQUEST_INVALID', message: 'the request has several Authorization headers, may have one' };
  const hosts = headerValues(request, 'host');
  if (hosts.length !== 1)
    return { code: 'REQUEST_INVALID', message: `the request has ${hosts.length} Host headers, must have one` };
  const host = parseHost(hosts[0] ?? '');
  if (host === undefined)
    return { code: 'REQUEST_INVALID', message: 'the Host header is not a host name with an optional port' };
  if (serverName !== undefined && normalise(serverName) !== host)
    return { code: 'MISDIRECTED', message: `Host says ${host}, the TLS handshake named ${serverName}` };
  return splitTarget(request.url ?? '/', host);
}

function splitTarget(url: string, host: string): Target | OciError {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url);
  if (absolute !== null && parseHost(absolute[1] ?? '') !== host)
    return { code: 'MISDIRECTED', message: `Host says ${host}, the request's target names ${absolute[1]}` };
  const rest = absolute === null ? url : (absolute[2] ?? '');
  const mark = rest.indexOf('?');
  const path = mark < 0 ? rest : rest.slice(0, mark);
  if (path !== '' && !path.startsWith('/'))
    return { code: 'REQUEST_INVALID', message: "the request's target is not a path" };
  return { host, path: path === '' ? '/' : path, query: mark < 0 ? '' : rest.slice(mark + 1) };
}

/** A host without its port, in lower case and without a final dot; `undefined` when malformed. */
function parseHost(text: string): string | undefined {
  const match = /^([a-z0-9._-]{1,253}|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.exec(text);
  return match?.[1] === undefined ? undefined : normalise(match[1]);
}

function normalise(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

function headerValues(request: RequestHead, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2)
    if (request.rawHeaders[i]?.toLowerCase() === name) values.push(request.rawHeaders[i + 1] ?? '');
  return values;
}
