// Installs the real clients that tests drive, where this is root on Debian; elsewhere nothing. Parses on Node 20.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Each package with a program by which to know that it is there. */
const PACKAGES = {
  'docker.io': 'dockerd',
  podman: 'podman',
  skopeo: 'skopeo',
  containerd: 'ctr',
  runc: 'runc',
  umoci: 'umoci',
  iproute2: 'ip',
  mmdebstrap: 'mmdebstrap',
  'openssh-client': 'ssh',
  nftables: 'nft',
  openssl: 'openssl',
  curl: 'curl',
  strace: 'strace',
  faketime: 'faketime',
  'azure-cli': 'az',
};
const ATTEMPTS = 4;
const PAUSE_MS = 5_000;
const FOLDERS = ['/usr/bin', '/usr/sbin', '/bin', '/sbin', '/usr/local/bin', '/usr/local/sbin'];

// The newest az comes while other tests run.
if (process.argv.includes('--newest-az'))
  spawn(process.execPath, [fileURLToPath(new URL('newest-az.mjs', import.meta.url))], {
    detached: true,
    stdio: 'ignore',
  }).unref();
const missing = Object.keys(PACKAGES).filter(
  (name) => !FOLDERS.some((folder) => existsSync(`${folder}/${PACKAGES[name]}`)),
);
if (missing.length === 0) console.log('setup: every client is there');
else if (!isRootOnDebian()) console.log(`setup: not root on Debian, so these are not installed: ${missing.join(' ')}`);
else install(missing);

function isRootOnDebian() {
  if (process.getuid?.() !== 0 || !existsSync('/etc/os-release')) return false;
  return /^ID(?:_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** All at once where that works; else one by one, so that a package that is not to be had costs only its own tests. */
function install(names) {
  console.log(`setup: installing ${names.join(' ')}`);
  attempt(['update', '-q'], 'package lists');
  if (attempt(installing(names), names.join(' '))) return;
  for (const name of names) attempt(installing([name]), name);
}

function installing(names) {
  return ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...names];
}

/** Runs apt-get, again after a pause when it fails; says at the end whether it worked. */
function attempt(command, what) {
  for (let n = 1; n <= ATTEMPTS; n += 1) {
    // No service is started on the machine of the tests: they start what they need themselves.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const ran = spawnSync('apt-get', command, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    if (ran.status === 0) {
      console.log(`setup: ${what}: done`);
      return true;
    }
    const last = `${ran.stderr ?? ran.error}`.trim().split('\n').at(-1);
    console.log(`setup: ${what}: attempt ${n} of ${ATTEMPTS} failed: ${last}`);
    if (n < ATTEMPTS) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
  return false;
}
