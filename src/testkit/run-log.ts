import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { getTestContext } from 'node:test';
import type { NamedSecret } from './secrets-of-body.ts';

/**
 * The folder in which a run of the tests collects logs and secrets (`test/run.mjs`); none where a test is run otherwise. Its
 * name is not like a setting's: servers that the tests start would warn of it.
 */
const FOLDER = process.env['SUITE_LOGS'];
/** Whether a run collects logs and secrets. */
export const collects = FOLDER !== undefined;

/** What is shorter may well stand in a log by chance, and is nothing that a server makes. */
const SHORTEST = 12;

/** Opened at once: a server that lets go of root takes its whole process along. */
const secrets = FOLDER === undefined ? undefined : openSync(join(FOLDER, 'secrets.jsonl'), 'a', 0o600);
const noted = new Set<string>();
let logs = 0;

/** A file for the log of one server, named after the test that is running. */
export interface RunLog extends Disposable {
  readonly descriptor: number;
}

/** Opens a file for a server's log; `undefined` where no run collects any. */
export function openRunLog(): RunLog | undefined {
  if (FOLDER === undefined) return undefined;
  const descriptor = openSync(nextFile(FOLDER), 'a', 0o600);
  return { descriptor, [Symbol.dispose]: () => closeSync(descriptor) };
}

/** Keeps what a process writes to a stream, beside whoever else reads it. */
export function keepLog(stream: Readable): void {
  if (FOLDER === undefined) return;
  const file = nextFile(FOLDER);
  stream.on('data', (chunk: Buffer | string) => appendFileSync(file, chunk, { mode: 0o600 }));
}

/** Has the run look for a secret in all of its logs, and name it by its kind where it is found. */
export function noteSecret({ kind, secret }: NamedSecret): void {
  if (secrets === undefined || secret.length < SHORTEST || noted.has(secret)) return;
  noted.add(secret);
  const line = JSON.stringify({ kind, secret, test: runningTest() });
  writeSync(secrets, `${line}\n`);
}

function nextFile(folder: string): string {
  logs += 1;
  const name = runningTest()
    .replaceAll(/[^\w.]+/g, '-')
    .slice(0, 150);
  return join(folder, `${name}.${process.pid}.${logs}.log`);
}

/** The test that is running, with its file; the program where none is. */
function runningTest(): string {
  const context = getTestContext();
  if (context === undefined) return basename(process.argv[1] ?? 'node');
  return `${basename(context.filePath ?? '')}: ${context.fullName}`;
}
