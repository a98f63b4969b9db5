import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boundingSet } from '../../capability.ts';
import type { MachinePlan } from '../../machine.ts';
import type { Disk } from './disk.ts';
import { type Known, startTicksOf } from '../../../system/live-process.ts';

const ENTER = fileURLToPath(new URL('enter.sh', import.meta.url));
const BOOT = fileURLToPath(new URL('boot.sh', import.meta.url));

/** A machine that is starting. */
export interface Booting {
  /** Its first process once it is ready; why it is not. */
  readonly ready: Promise<
    { readonly kind: 'ready'; readonly process: Known } | { readonly kind: 'failed'; readonly why: string }
  >;
  /** Resolves when everything of it has ended. */
  readonly ended: Promise<void>;
  kill(): void;
}

/** What the first process is started with. */
export interface BootRequest {
  readonly plan: MachinePlan;
  readonly disk: Disk;
  /** The cgroups to join, and what the machine mounts of them. */
  readonly groups: readonly string[];
  readonly mounts: string;
  readonly isFirst: boolean;
  /** Whether it ends when this process does, however that is. */
  readonly endsWithUs: boolean;
}

/** Starts a machine in the network namespace of its host, with namespaces of its own for all else (facts/lab.md §4). */
export async function boot(request: BootRequest): Promise<Booting> {
  const { plan, disk, groups, endsWithUs } = request;
  const log = await open(join(disk.folder, 'log'), 'w', 0o600);
  const bound = endsWithUs ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
  const spaces = ['--mount', '--uts', '--ipc', '--pid', '--cgroup', '--propagation', 'private'];
  const child = spawn(
    'bash',
    [
      ENTER,
      boundingSet(),
      ...groups,
      '--',
      ...bound,
      'nsenter',
      `--net=/run/netns/${plan.namespace}`,
      'unshare',
      ...spaces,
      '--fork',
      ...(endsWithUs ? ['--kill-child=SIGKILL'] : []),
      'bash',
      BOOT,
    ],
    { stdio: ['ignore', log.fd, log.fd, 'pipe'], detached: true, cwd: '/', env: environmentOf(request) },
  );
  await log.close();
  const ended = Promise.withResolvers<void>();
  child.on('exit', () => ended.resolve());
  child.on('error', () => ended.resolve());
  child.unref();
  return {
    ready: readiness(child.stdio[3], ended.promise, disk),
    ended: ended.promise,
    kill: () => child.kill('SIGKILL'),
  };
}

/** What is told by descriptor 3: `pid N` first, then `ready` or what went wrong. */
async function readiness(told: unknown, ended: Promise<void>, disk: Disk): Booting['ready'] {
  if (!(Symbol.asyncIterator in Object(told))) return { kind: 'failed', why: 'it could not be started' };
  let text = '';
  // A pipe of a child, which is read to its end: the machine lets go of it when it is ready.
  for await (const chunk of told as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    if (/^(?!pid ).*\n/m.test(text)) break;
  }
  const pid = Number(/^pid (\d+)$/m.exec(text)?.[1]);
  const said = text.split('\n').find((line) => line !== '' && !line.startsWith('pid '));
  const startTicks = await startTicksOf(pid);
  if (said === 'ready' && startTicks !== undefined) return { kind: 'ready', process: { pid, startTicks } };
  if (said === undefined || said === 'ready') await ended;
  const words = await disk.lastWords();
  return { kind: 'failed', why: [said ?? 'it ended while it started', words].filter((one) => one !== '').join(': ') };
}

function environmentOf({ plan, disk, mounts, isFirst }: BootRequest): NodeJS.ProcessEnv {
  const { main } = plan;
  const isSsh = main.kind === 'ssh';
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    SEAWALL_DISK: disk.folder,
    SEAWALL_BASE: plan.base,
    SEAWALL_HOSTNAME: plan.hostname,
    SEAWALL_CGROUPS: mounts,
    SEAWALL_FIRST: isFirst ? 'yes' : 'no',
    SEAWALL_ADMIN: isSsh ? main.admin : '',
    SEAWALL_KEYS: isSsh ? main.keys.join('\n') : '',
    SEAWALL_ADMIN_FILES: plan.files
      .filter(({ owner }) => isSsh && owner === 'admin')
      .map(({ path }) => path)
      .join('\n'),
    ...(isSsh ? {} : commandEnvironment(main)),
  };
}

/** A command is handed over whole, one word a line, each in base64. */
function commandEnvironment(main: Exclude<MachinePlan['main'], { kind: 'ssh' }>): NodeJS.ProcessEnv {
  const lines = (words: readonly string[]): string =>
    words.map((word) => Buffer.from(word, 'utf8').toString('base64')).join('\n');
  return {
    SEAWALL_RESTART: main.restart,
    SEAWALL_COMMAND: lines(main.argv),
    SEAWALL_ENVIRONMENT: lines(Object.entries(main.env).map(([name, value]) => `${name}=${value}`)),
    SEAWALL_FOLDER: main.cwd,
    SEAWALL_USER: main.user,
  };
}
