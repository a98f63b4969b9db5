// Runs the tests: `npm test`, or `npm test -- src/oci` for those below a folder, or one file. Parses on Node 20.
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findLeaks } from './leaks.mjs';

/** A test that keeps the process from ending must not keep CI from ending. */
const TIMEOUT_MS = 60 * 60_000;
const EXIT_CONFIG = 78;
/** How long a server that outlives the tests may hold on to their standard error. */
const LAST_WORDS_MS = 2_000;
/** So many leaks are named; more say no more. */
const MOST_NAMED = 20;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const binary = newEnoughNode();
if (binary === undefined) {
  console.error(`test: needs the Node that "npm ci" installs for ${process.platform}-${process.arch}; it is not there`);
  process.exit(EXIT_CONFIG);
}
const filters = process.argv.slice(2);
// Unit tests alone need no clients.
if (filters.length === 0 || filters.some((filter) => filter.startsWith('test'))) setUp();
runTests(patterns(filters));

/** The pinned Node, or this one where it is new enough. */
function newEnoughNode() {
  try {
    const require = createRequire(import.meta.url);
    return join(dirname(require.resolve(`node-${process.platform}-${process.arch}/package.json`)), 'bin', 'node');
  } catch {
    return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined;
  }
}

/** Installs what the tests need beyond npm. Where that fails, tests are skipped and say so. */
function setUp() {
  const drivesAz =
    filters.length === 0 || filters.some((filter) => filter === 'test' || filter.startsWith('test/client'));
  const more = drivesAz ? ['--newest-az'] : [];
  spawnSync(process.execPath, [join(root, 'test', 'setup.mjs'), ...more], { stdio: 'inherit' });
}

/** The files to run: all, or those that the filters name. */
function patterns(given) {
  if (given.length === 0) return ['src/**/*.test.ts', 'test/**/*.test.ts'];
  return given.map((filter) => {
    const path = join(root, filter);
    return existsSync(path) && statSync(path).isDirectory() ? `${filter.replace(/\/$/, '')}/**/*.test.ts` : filter;
  });
}

/** Runs the tests in one process and ends as it ends; with 1, too, where a secret of theirs is in a log of theirs. */
function runTests(files) {
  const logs = mkdtempSync(join(tmpdir(), 'seawall-test-logs-'));
  const child = spawn(
    binary,
    [
      '--test',
      '--test-isolation=none',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=./test/skips.mjs',
      '--test-reporter-destination=stdout',
      ...files,
    ],
    { cwd: root, stdio: ['inherit', 'inherit', 'pipe'], env: { ...process.env, SUITE_LOGS: logs } },
  );
  // Servers and supervisors that the tests start write where the tests do, where nothing else is asked of them.
  child.stderr.pipe(process.stderr, { end: false });
  const said = child.stderr.pipe(createWriteStream(join(logs, 'standard-error.log')));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const timer = setTimeout(() => cut(child), TIMEOUT_MS);
  child.on('exit', (code, signal) => {
    clearTimeout(timer);
    if (signal !== null) console.error(`test: ended by ${signal}`);
    process.exitCode = code ?? 1;
    setTimeout(() => said.end(() => child.stderr.destroy()), LAST_WORDS_MS).unref();
    if (said.closed) tellLeaks(logs);
    else said.on('close', () => tellLeaks(logs));
  });
}

/** Says what was sought, and names every secret that was found; the logs are kept where one was. */
function tellLeaks(logs) {
  const { secrets, files, bytes, found } = findLeaks(logs);
  console.log(`secrets: ${secrets} sought in ${files} logs of ${(bytes / 1e6).toFixed(1)} MB: ${found.length} found`);
  if (found.length === 0) return rmSync(logs, { recursive: true, force: true });
  for (const { kind, test, file, line } of found.slice(0, MOST_NAMED))
    console.error(`test: ${kind} of "${test}" is in a log: ${join(logs, file)}:${line}`);
  process.exitCode = 1;
}

/** Ends tests that do not end; the report above says which one was the last. */
function cut(child) {
  console.error(`test: not done after ${TIMEOUT_MS / 60_000} min: a test hangs or left something open; ending it`);
  child.kill('SIGKILL');
}
