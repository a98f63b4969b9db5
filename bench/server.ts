import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end } from './processes.ts';

/** The registry that is measured. */
const REGISTRY = 'benchmark';

/** A Seawall in a process of its own, as its launcher starts it. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Login server with port. */
  readonly host: string;
  /** The CA's certificate (PEM). */
  readonly ca: string;
  readonly authorization: string;
  readonly dataDir: string;
  /** From the start of the process to its state file and its first line, in ms. */
  readonly readyMs: number;
}

/** A data folder that is removed at the end. */
export interface DataFolder extends AsyncDisposable {
  readonly path: string;
}

/** Makes an empty data folder, with further settings in its configuration. */
export async function openDataFolder(settings: object = {}): Promise<DataFolder> {
  const root = await mkdtemp(join(tmpdir(), 'seawall-bench-'));
  const config = { registries: [{ name: REGISTRY, adminUserEnabled: true }], ...settings };
  await writeFile(join(root, 'config.json'), JSON.stringify(config));
  return { path: root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

/** Starts a server over a data folder, without access log, on free ports; disposing of it ends it by SIGTERM. */
export async function startServer({ path }: DataFolder): Promise<Server> {
  const dataDir = join(path, 'data');
  const free = ['--lab', 'off', '--registry', '127.0.0.1:0', '--control', '127.0.0.1:0', '--hosts-file', 'off'];
  const quiet = ['--log-level', 'error', '--access-log', 'off'];
  const launcher = join(import.meta.dirname, '..', 'bin', 'seawall.mjs');
  const args = [launcher, 'up', '--config', join(path, 'config.json'), '--data', dataDir, ...free, ...quiet];
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const banner = await firstOutput(child);
  const readyMs = performance.now() - startedMs;
  const state = JSON.parse(await readFile(join(dataDir, 'run', 'seawall.json'), 'utf8'));
  return {
    pid: state.pid,
    port: state.registryPort,
    host: `${REGISTRY}.${state.registrySuffix}:${state.registryPort}`,
    ca: await readFile(state.caFile, 'utf8'),
    authorization: authorizationIn(banner),
    dataDir,
    readyMs,
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** The banner, which is written in one piece when everything listens. */
async function firstOutput(child: ChildProcess & { readonly stdout: NodeJS.ReadableStream }): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the server ended with ${code} before it was ready`);
  });
  const [banner] = await Promise.race([once(child.stdout, 'data'), ended]);
  ended.catch(() => undefined);
  return String(banner);
}

function authorizationIn(banner: string): string {
  const password = new RegExp(`docker login .*-u ${REGISTRY} .*-p (\\S+)`).exec(banner)?.[1];
  if (password === undefined) throw new Error(`the banner has no login:\n${banner}`);
  return `Basic ${Buffer.from(`${REGISTRY}:${password}`).toString('base64')}`;
}
