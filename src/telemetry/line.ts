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
  const time = new Date(line.timeMs).toISOString();
  if (format === 'json')
    return `${JSON.stringify({ time, level: line.level, event: line.kind, ...line.fields }, jsonValue)}\n`;
  const details = Object.entries(line.fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${textValue(value)}`);
  return `${time} ${line.level.toUpperCase().padEnd(5)} ${line.kind}${details.join('')}\n`;
}

function jsonValue(_: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}

/** A value that needs no quotes stands bare; anything else is JSON, so no value can begin a line of its own. */
function textValue(value: unknown): string {
  const text = value instanceof Error ? (value.stack ?? value.message) : asText(value);
  return /^[\w.:/@+,~%[\]()*-]+$/.test(text) ? text : JSON.stringify(text);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
