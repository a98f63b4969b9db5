// Installs the newest az from PyPI into a folder of its own, which outlives the run, and says there how it went: the
// package is large, so setup.mjs lets this run beside the tests, and those that need it wait (test/client/az.ts).
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const root = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'seawall-test', 'newest-az');
const told = join(root, 'result.json');
/** How long an az counts as the newest, in ms: seven days. */
const FRESH_MS = 7 * 86_400_000;
const ATTEMPTS = 3;

const before = lastResult();
if (before?.path === undefined || Date.now() - before.installedMs > FRESH_MS) renew();

/** What an earlier run left; `undefined` when there was none. */
function lastResult() {
  try {
    return JSON.parse(readFileSync(told, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Installs beside what is there, and lets the new one be found when it is whole; what fails leaves the old one. */
function renew() {
  mkdirSync(root, { recursive: true });
  const folder = join(root, `${Date.now()}-${process.pid}`);
  let why = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    why = install(folder);
    if (why === '') return tell({ path: join(folder, 'bin'), installedMs: Date.now() });
    rmSync(folder, { recursive: true, force: true });
  }
  tell(before?.path === undefined ? { why } : { ...before, installedMs: Date.now() });
}

/** Why it did not work; empty when it did. uv is many times faster than pip, and is not there for every machine. */
function install(folder) {
  const python = join(folder, 'bin', 'python');
  const pip = (...packages) => run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  return (
    run('python3', ['-m', 'venv', folder]) ||
    (pip('uv') === ''
      ? run(join(folder, 'bin', 'uv'), ['pip', 'install', '--python', python, '--quiet', 'azure-cli'])
      : pip('azure-cli')) ||
    run(join(folder, 'bin', 'az'), ['version'])
  );
}

function run(command, args) {
  const ran = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000, stdio: ['ignore', 'pipe', 'pipe'] });
  if (ran.status === 0) return '';
  return `${command} ${args.join(' ')}: ${`${ran.error ?? ran.stderr}`.trim().split('\n').at(-1)}`;
}

/** Says it in one step, and removes what nobody can be using any more. */
function tell(result) {
  const draft = `${told}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(result));
  renameSync(draft, told);
  for (const name of readdirSync(root)) {
    const path = join(root, name);
    if (result.path?.startsWith(`${path}/`) || path === told) continue;
    if (Date.now() - statSync(path).mtimeMs > FRESH_MS) rmSync(path, { recursive: true, force: true });
  }
}
