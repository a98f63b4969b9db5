import { styleText } from 'node:util';

/** What a command writes to, and what it may know of its surroundings. */
export interface Terminal {
  /** Writes a result. */
  out(text: string): void;
  /** Writes what is said beside a result. */
  err(text: string): void;
  /** Makes a heading stand out, where the result goes to a person. */
  readonly bold: (text: string) => string;
  /** The width of lines of help, in characters. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The terminal of this process. Colour only where standard output is one and `NO_COLOR` is not set. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  // A reader that has gone (`seawall --help | head`) is no reason to fail, and least of all for a server.
  stdout.on('error', rethrowUnlessClosed);
  // Nor is a log on a full disk: there is nobody left to tell.
  stderr.on('error', () => undefined);
  const colour = stdout.isTTY && env['NO_COLOR'] === undefined;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    bold: (text) => (colour ? styleText('bold', text, { validateStream: false }) : text),
    columns: Math.min(stdout.columns ?? 100, 120),
    env,
  };
}

function rethrowUnlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
