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
