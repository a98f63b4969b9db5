import type { ReplyHeaders } from '../http/reply.ts';
import type { OciError } from '../oci/error.ts';
import type { PageRequest } from '../store/port.ts';

/** The most entries one page has, however many are asked for; the `Link` header leads on. */
const MAX_PAGE = 10_000;

/** Reads `n` and `last` (distribution-spec, "Listing Tags"). `standard` is the page's size when `n` is absent. */
export function parsePage(query: URLSearchParams, standard: number): PageRequest | OciError {
  const n = query.get('n');
  if (n !== null && !/^\d{1,9}$/.test(n))
    return { code: 'REQUEST_INVALID', message: `n is ${JSON.stringify(n.slice(0, 40))}, not a number of results` };
  const last = query.get('last');
  const limit = Math.min(n === null ? standard : Number(n), MAX_PAGE);
  return last === null || last === '' ? { limit } : { limit, last };
}

/**
 * The `Link` header to the next page (RFC 8288), when there is one. `kept` are the query parameters that it carries
 * on; the target is a path without a host, so that it is right behind any balancer.
 */
export function nextLink(
  path: string,
  page: PageRequest,
  last: string | undefined,
  kept: Readonly<Record<string, string>> = {},
): ReplyHeaders {
  if (last === undefined || page.limit === 0) return {};
  const query = new URLSearchParams({ last, n: String(page.limit), ...kept });
  return { link: `<${path}?${query.toString()}>; rel="next"` };
}
