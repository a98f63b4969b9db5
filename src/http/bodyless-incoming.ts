import type { IncomingHttpHeaders } from 'node:http';
import type { NodeIncoming } from './node-incoming.ts';

/** Makes a request without a body one that handlers take. `path` and `query` are those of the parsed target. */
export function bodylessIncoming(
  head: { readonly method: string; readonly headers: IncomingHttpHeaders },
  target: { readonly path: string; readonly query: string },
  from: object,
): NodeIncoming {
  return {
    method: head.method,
    path: target.path,
    query: new URLSearchParams(target.query),
    headers: head.headers,
    contentLength: undefined,
    receivedBytes: 0,
    from,
    hold: () => true,
    release: () => undefined,
    async *body() {},
    async *bulk() {},
  };
}
