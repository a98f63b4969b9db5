import { spawn } from 'node:child_process';
import { access, constants, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from '../piece.ts';

/** A step that could not be carried out; the message has the command and what it said. */
class StepError extends Error {
  override name = 'StepError';
}

/** Does steps in their order, one process for as many lines of `ip` as follow one another in one namespace. */
export async function carryOut(steps: readonly Step[]): Promise<void> {
  let lines: string[] = [];
  let namespace: string | undefined;
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const input = `${lines.join('\n')}\n`;
    lines = [];
    await run(['ip', ...(namespace === undefined ? [] : ['-n', namespace]), '-batch', '-'], input);
  };
  for (const step of steps) {
    if (step.kind !== 'ip' || step.in !== namespace) await flush();
    if (step.kind === 'ip') {
      namespace = step.in;
      lines.push(step.line);
    } else await once(step);
  }
  await flush();
}

async function once(step: Exclude<Step, { kind: 'ip' }>): Promise<void> {
  switch (step.kind) {
    case 'run':
      return void (await run([...inside(step.in), ...step.argv], step.input));
    case 'namespace':
      return makeNamespace(step.name);
    case 'end-processes':
      return endProcesses(step.in);
    case 'resolver':
      return setResolver(step.in, step.server);
  }
}

async function makeNamespace(name: string): Promise<void> {
  const there: readonly string[] = await readdir('/run/netns').catch(() => []);
  if (!there.includes(name)) await run(['ip', 'netns', 'add', name]);
}

function inside(namespace: string | undefined): readonly string[] {
  return namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace];
}

/** Kills what runs in a namespace. */
export async function endProcesses(namespace: string): Promise<void> {
  const pids = await run(['ip', 'netns', 'pids', namespace]).catch(() => '');
  for (const pid of pids.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

/** Where `ip netns exec` looks for a namespace's own `/etc/resolv.conf`, and a folder for those who may not write there. */
const NETNS = ['/etc/netns', '/run/seawall-netns'] as const;

/** The folder of namespaces' own resolvers, once it can be written. */
export async function resolversFolder(): Promise<string> {
  const [usual, own] = NETNS;
  return mkdir(usual, { recursive: true }).then(
    async () => ((await access(usual, constants.W_OK).catch(() => 'no')) === 'no' ? own : usual),
    () => own,
  );
}

async function setResolver(namespace: string, server: string | undefined): Promise<void> {
  const folder = join(await resolversFolder(), namespace);
  if (server === undefined) return rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'resolv.conf'), `nameserver ${server}\noptions timeout:2\n`);
}

/** Runs a command to its end; what it printed. Throws {@link StepError} with what it said. */
export async function run([command = '', ...args]: readonly string[], input = ''): Promise<string> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('close', resolve);
  const code = await promise;
  if (code !== 0)
    throw new StepError(`${[command, ...args].join(' ')} ended with ${code}: ${err.trim()} (input: ${input.trim()})`);
  return out;
}

/** Whether a file can be read: what the preflight looks at. */
export async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
