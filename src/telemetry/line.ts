import type { LogLevel } from './level.ts';

/** How log lines are written: for people, or one JSON object a line. */
export type LogFormat = 'text' | 'json';

/** What a line says: `kind` names it, `fields` are its details in the order they are written. */
export interface Line {
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly kind: string;
  readonly fields: object;
}

/** A line as it is written, with its line feed. Times are ISO 8601 in UTC. */
export function renderLine(line: Line, format: LogFormat): string {
  const time = timeText(line.timeMs);
  if (format === 'json')
    return `${JSON.stringify({ time, level: line.level, event: line.kind, ...line.fields }, jsonValue)}\n`;
  let details = '';
  for (const [name, value] of Object.entries(line.fields))
    if (value !== undefined) details += ` ${name}=${textValue(value)}`;
  return `${time} ${LEVEL_TEXT[line.level]} ${line.kind}${details}\n`;
}

const LEVEL_TEXT: Record<LogLevel, string> = { debug: 'DEBUG', info: 'INFO ', warn: 'WARN ', error: 'ERROR' };

let written = { timeMs: Number.NaN, text: '' };

/** The same text for every line of a millisecond. */
function timeText(timeMs: number): string {
  if (timeMs !== written.timeMs) written = { timeMs, text: new Date(timeMs).toISOString() };
  return written.text;
}

function jsonValue(_: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}

/** A value that needs no quotes stands bare; anything else is JSON, so no value can begin a line of its own. */
function textValue(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = value instanceof Error ? (value.stack ?? value.message) : asText(value);
  return /^[\w.:/@+,~%[\]()*-]+$/.test(text) ? text : JSON.stringify(text);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
