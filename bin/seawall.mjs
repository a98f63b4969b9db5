#!/usr/bin/env node
// Finds a Node new enough to run the sources and runs them. This file alone must parse on Node 20.
// A server passes here twice: what one of the ways alone needs is loaded there.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIRED = '^24.16.0 || >=26.1.0';
const EXIT_CONFIG = 78;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/**
 * How a server uses memory and threads, which can be said only where a process begins. A young generation of 4 MiB that stays so:
 * of 1 MiB it is collected so often that a hot manifest costs a fifth more; one that grows keeps up to 85 MB of the buffers of past
 * reads. Its collection can be asked for (src/store/file/collect-young.ts), and one thread does it: with so little to look at,
 * several take half as long again on two busy processors, as they wait for one another. One malloc arena: several keep some 25 MB
 * free and unused. Threads for 16 file operations at once: each push has three syncs that wait for the disk, and with node's four
 * they wait for each other.
 */
const SERVER_FLAGS = [
  '--min-semi-space-size=4',
  '--semi-space-growth-factor=1',
  '--no-parallel-scavenge',
  '--expose-gc',
];
const SERVER_ENVIRONMENT = { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '16' };
const SERVERS = ['up', 'serve'];

if (!isRecent(process.versions.node)) await runPinned();
else {
  if (isServer() && !process.execArgv.includes(SERVER_FLAGS[0])) runTuned();
  // Where that is not to be had, the process goes on as it is.
  await runHere();
}

function isServer() {
  return SERVERS.includes(process.argv[2]);
}

/** Becomes the server with its use of memory and threads, in the same process; does nothing where Node or the system cannot. */
function runTuned() {
  if (process.platform === 'win32' || process.execve === undefined) return;
  const args = [process.execPath, ...process.execArgv, ...SERVER_FLAGS, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...SERVER_ENVIRONMENT, ...process.env });
}

/** Whether a version of Node satisfies REQUIRED. */
function isRecent(version) {
  const [major, minor] = version.split('.').map(Number);
  return (major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26;
}

/** Runs the program in this process, from its bundle where that is fresh, with compiled code kept between starts. */
async function runHere() {
  const [{ setFlagsFromString }, { enableCompileCache }] = await Promise.all([
    import('node:v8'),
    import('node:module'),
  ]);
  // Where the process could not begin with it: the row `layer` of the bench holds the bound.
  setFlagsFromString('--semi-space-growth-factor=1');
  if (process.env.NODE_COMPILE_CACHE === undefined) enableCompileCache(await cacheDirectory());
  const { freshBundle } = await import('./fresh-bundle.mjs');
  await import(freshBundle(join(dirname(fileURLToPath(import.meta.url)), '..')) ?? '../src/main.ts');
}

/** Beside the dependencies where that can be written, else in the user's own cache. */
async function cacheDirectory() {
  const { accessSync, constants, mkdirSync } = await import('node:fs');
  const beside = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '.cache', 'seawall');
  try {
    mkdirSync(beside, { recursive: true });
    accessSync(beside, constants.W_OK);
    return beside;
  } catch {
    const { homedir } = await import('node:os');
    return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'seawall');
  }
}

/** Runs this file again with the Node that is installed as a dependency, and ends as that ends. */
async function runPinned() {
  const binary = await pinnedNode();
  if (binary === undefined) {
    process.stderr.write(
      `seawall: needs Node ${REQUIRED}; this is ${process.versions.node}, and "npm ci" has not installed its own for ${process.platform}-${process.arch}\n`,
    );
    process.exitCode = EXIT_CONFIG;
    return;
  }
  const { spawn } = await import('node:child_process');
  const [flags, environment] = isServer() ? [SERVER_FLAGS, SERVER_ENVIRONMENT] : [[], {}];
  const child = spawn(binary, [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...environment, ...process.env },
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`seawall: ${binary} cannot be run: ${error.message}\n`);
    process.exitCode = EXIT_CONFIG;
  });
  child.on('exit', (code, signal) => endAs(code, signal));
}

/** The path of the pinned Node; undefined when it is not installed for this platform. */
async function pinnedNode() {
  const { createRequire } = await import('node:module');
  try {
    const require = createRequire(import.meta.url);
    return join(dirname(require.resolve(`node-${process.platform}-${process.arch}/package.json`)), 'bin', 'node');
  } catch {
    return undefined;
  }
}

/** Ends with the child's exit status, or by the signal that ended it. */
function endAs(code, signal) {
  if (signal === null) {
    process.exitCode = code;
    return;
  }
  for (const name of SIGNALS) process.removeAllListeners(name);
  process.kill(process.pid, signal);
}
