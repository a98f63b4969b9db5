import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a link to a data endpoint is good, in ms: a client follows it at once. */
const GOOD_FOR_MS = 5 * 60_000;

/** Links to dedicated data endpoints, which carry no token (facts/acr.md §1.5, §2.3). */
export interface DataLinks {
  /** The path and query of a link to a blob of a registry. */
  sign(registryUid: string, path: string, nowMs: number): string;
  /** Whether a link is one of ours, for this registry and path, and still good. */
  isGood(
    registryUid: string,
    asked: { readonly path: string; readonly query: URLSearchParams },
    nowMs: number,
  ): boolean;
}

/** Links signed by a key of this process: one that is older than the process is no good, and the client asks again. */
export function dataLinks(): DataLinks {
  const key = randomBytes(32);
  const signatureOf = (registryUid: string, path: string, expiresMs: number): Buffer =>
    createHmac('sha256', key).update(`${registryUid}\n${path}\n${expiresMs}`).digest();
  return {
    sign(registryUid, path, nowMs) {
      const expiresMs = nowMs + GOOD_FOR_MS;
      return `${path}?expires=${expiresMs}&signature=${signatureOf(registryUid, path, expiresMs).toString('base64url')}`;
    },
    isGood(registryUid, { path, query }, nowMs) {
      const expiresMs = Number(query.get('expires'));
      if (!Number.isSafeInteger(expiresMs) || expiresMs <= nowMs) return false;
      const given = Buffer.from(query.get('signature') ?? '', 'base64url');
      const right = signatureOf(registryUid, path, expiresMs);
      return given.length === right.length && timingSafeEqual(given, right);
    },
  };
}
