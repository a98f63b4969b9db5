/** How much a log line matters, from least to most. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Whether a line of `level` is written where `least` is the least that is. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return RANK[level] >= RANK[least];
}
