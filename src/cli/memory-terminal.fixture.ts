import { run } from './program.ts';

/** What a command line did. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, without colour, and keeps what it wrote. */
export async function runHere(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const exit = await run(argv, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    bold: (text) => text,
    columns: 100,
    env,
  });
  return { exit, out, err };
}
