/** What the client of a server that was killed sees: the connection is gone, and the answer, if there was one. */
const LOST: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** Whether an error says that the connection was lost, and nothing about what the server did. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && LOST.has(error.code)) || /socket hang up|socket disconnected|aborted/.test(error.message);
}

/** The server said that it lacks something and that nothing was changed: 503 or 507. */
export class ShortageError extends Error {
  override name = 'ShortageError';
}

/** Throws {@link ShortageError} for an answer that says so. */
export function refuseShortage({ status }: { readonly status: number }, text: string): void {
  if (status === 503 || status === 507) throw new ShortageError(`${status} ${text}`);
}
