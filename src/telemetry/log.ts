import type { AccessEntry } from './access.ts';
import { EVENT_LEVEL, type LogEvent } from './event.ts';
import { type LogLevel, isLogged } from './level.ts';
import type { LineWriter } from './line-writer.ts';
import { type LogFormat, renderLine } from './line.ts';

/** The log of one server. */
export interface Log {
  /** Logs an event at the level that is its own (event.ts). */
  event(event: LogEvent): void;
  /** Logs an answered request, where the access log is on: only there is it asked what to say. */
  access(entry: () => AccessEntry): void;
  /** Resolves once everything logged before has been written. */
  flush(): Promise<void>;
  /** Writes everything at once: for the end of the process. */
  flushSync(): void;
}

/** What a log needs. */
export interface LogOptions {
  readonly format: LogFormat;
  /** The least level that is written. The access log is not subject to it. */
  readonly level: LogLevel;
  readonly access: boolean;
  readonly writer: LineWriter;
  /** The clock, in ms since the epoch. */
  readonly now: () => number;
}

/** Makes a log. */
export function createLog({ format, level, access, writer, now }: LogOptions): Log {
  const line = (at: LogLevel, kind: string, fields: object): void => {
    writer.write(renderLine({ timeMs: now(), level: at, kind, fields }, format));
  };
  const write = ({ event, ...fields }: LogEvent): void => {
    if (isLogged(EVENT_LEVEL[event], level)) line(EVENT_LEVEL[event], event, fields);
  };
  const tellDropped = (): void => {
    const count = writer.takeDropped();
    if (count > 0) write({ event: 'lines-dropped', count });
  };
  return {
    event(event) {
      tellDropped();
      write(event);
    },
    access(entry) {
      if (!access) return;
      tellDropped();
      line('info', 'access', entry());
    },
    flush: () => writer.flush(),
    flushSync: () => writer.flushSync(),
  };
}
