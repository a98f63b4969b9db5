import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as passing } from 'node:timers/promises';

const READY_MS = 30_000;

/** A command that was started; disposing of it ends it. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
}

/** Starts a command and waits until its port takes connections. Throws with what it said when that fails. */
export async function startListening(command: readonly string[], port: number): Promise<Running> {
  const [tool = '', ...args] = command;
  const child = spawn(tool, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2_000)));
  child.on('error', (error) => (said += String(error)));
  for (const until = Date.now() + READY_MS; !(await answers(port)); await passing(20))
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${command.join(' ')} does not listen: ${said}`);
  return { pid: child.pid ?? 0, [Symbol.asyncDispose]: () => end(child) };
}

/** Ends a process by SIGTERM and waits for it. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  }).then((answered) => {
    socket.destroy();
    return answered === true;
  });
}

/** A port of loopback that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The processes that a process started and that live. Linux only. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
