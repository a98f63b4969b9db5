import type { IncomingHttpHeaders } from 'node:http';
import type { Digest } from '../oci/digest.ts';

/** The entity tag of content: its digest, which is strong by nature. */
export function entityTag(digest: Digest): string {
  return `"${digest}"`;
}

/** Whether `If-None-Match` names this content (RFC 9110, section 13.1.2; some clients omit the quotes). */
export function matchesNone(headers: IncomingHttpHeaders, digest: Digest): boolean {
  const value = headers['if-none-match'];
  if (value === undefined) return false;
  return value.split(',').some((item) => {
    const tag = item.trim().replace(/^W\//, '');
    return tag === '*' || tag === digest || tag === entityTag(digest);
  });
}

/** The `Range` header, unless `If-Range` says the client's part is of other content (RFC 9110, section 13.1.5). */
export function effectiveRange(headers: IncomingHttpHeaders, digest: Digest): string | undefined {
  const condition = headers['if-range'];
  return condition === undefined || condition === entityTag(digest) ? headers.range : undefined;
}
