import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PROGRAMS: Readonly<Record<string, string>> = {
  'docker-registry': '/usr/bin/docker-registry',
  'nginx-light': '/usr/sbin/nginx',
  wrk: '/usr/bin/wrk',
  curl: '/usr/bin/curl',
};

/** Installs Debian packages that are not there, where this is root on Debian; else nothing. No service is started. */
export async function installPackages(names: readonly string[]): Promise<void> {
  const lacking = names.filter((name) => !existsSync(PROGRAMS[name] ?? ''));
  if (lacking.length === 0 || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  process.stderr.write(`bench: installing ${lacking.join(' ')} …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  for (const command of [
    ['update', '-q'],
    ['install', ...options, ...lacking],
  ])
    spawnSync('apt-get', command, { env, stdio: 'ignore' });
}
