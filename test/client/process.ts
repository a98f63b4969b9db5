import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a command that ended said. */
export interface Ended {
  /** Exit code; 128 and more when a signal ended it, as a shell counts. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface RunOptions {
  /** Variables that are set over those of this process; `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
}

/** A command and its arguments. */
export type Command = readonly [string, ...string[]];

/** Runs a command to its end, whatever its exit code. Throws when it cannot be started. */
export function run([tool, ...args]: Command, options: RunOptions = {}): Promise<Ended> {
  const child = spawn(tool, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: 'pipe' });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
    });
  // A command that fails before reading closes its input; its exit code says what happened.
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ ...out, code: code ?? 128 }));
  });
}

/** Where a tool is, as the shell would find it; `undefined` when it is not installed. */
export function whereIs(tool: string): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, tool));
  return places.find(isExecutable);
}

/** Why a test that drives these tools cannot run here: the value of `skip` in node:test. */
export function lacks(...tools: readonly string[]): string | false {
  const missing = tools.filter((tool) => whereIs(tool) === undefined);
  if (missing.length > 0) return `${missing.join(', ')} not installed`;
  if (process.getuid?.() !== 0) return 'needs root, to give the client a hosts file of its own';
  return canUnshare()
    ? false
    : 'this machine allows no mount and process namespaces, which give the client its hosts file';
}

/** Some containers are root and may not. */
function canUnshare(): boolean {
  return spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
