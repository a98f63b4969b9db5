import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { boundingSet } from '../../capability.ts';
import type { MachineCommand, MachineCommandEnd } from '../../machine.ts';

const ENTER = fileURLToPath(new URL('enter.sh', import.meta.url));
const SPACES = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root'];
/** How long after its end what it printed is waited for: a process that it left behind may hold the pipe. */
const DRAIN_MS = 200;

/**
 * Runs a command in the machine whose first process has this pid, as root there, within its cgroups and with no more
 * capabilities than it has. What takes too long is killed with what it started in its own session.
 */
export async function execute(
  pid: number,
  groups: readonly string[],
  { argv, input, timeoutMs, mostBytes }: MachineCommand,
): Promise<MachineCommandEnd> {
  // Capabilities go first: what runs next is the machine's own file, which root in it may have changed.
  const child = spawn(
    'bash',
    [ENTER, boundingSet(), ...groups, '--', 'nsenter', '--target', String(pid), ...SPACES, '--', ...argv],
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true, cwd: '/', env: { PATH: PATH, HOME: '/root', LANG: 'C.UTF-8' } },
  );
  const [stdout, stderr] = [tailOf(child.stdout, mostBytes), tailOf(child.stderr, mostBytes)];
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killSession(child.pid);
  }, timeoutMs);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    await Promise.race([once(child, 'close'), wait(DRAIN_MS)]);
    return { kind: 'ended', code: code ?? undefined, timedOut, stdout: stdout(), stderr: stderr() };
  } catch (error) {
    return { kind: 'refused', why: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function killSession(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** Keeps the end of what a stream says. */
function tailOf(stream: Readable, most: number): () => string {
  let bytes = Buffer.alloc(0);
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length > most) bytes = bytes.subarray(bytes.length - most);
  });
  return () => bytes.toString('utf8');
}
