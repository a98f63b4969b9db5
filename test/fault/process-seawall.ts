import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SettingKey } from '../../src/config/setting.ts';
import type { ServerState } from '../../src/server/state-file.ts';
import { noteSecretsOf } from '../../src/testkit/kept-secrets.ts';
import { keepLog, noteSecret } from '../../src/testkit/run-log.ts';
import type { Login } from '../../src/testkit/login.ts';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';
import { killGroupOf, LAUNCHER } from './command.ts';

/** How a server in a process of its own is started. */
export interface ProcessOptions {
  readonly registries?: readonly object[];
  /** Where its folder is made; by default among the temporary files. */
  readonly under?: string;
  readonly settings?: Readonly<Partial<Record<SettingKey, string>>>;
}

/** What one start is run under. */
export interface Surroundings {
  /** A command that runs the one behind it: strace, prlimit, faketime. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node, before the program. */
  readonly node?: readonly string[];
}

/** The server ended before it was ready. */
export class NotStartedError extends Error {
  override name = 'NotStartedError';
  readonly exit: number | null;
  /** What it said on standard error. */
  readonly said: string;

  constructor(exit: number | null, said: string) {
    super(`the server ended with ${String(exit)} before it was ready: ${said}`);
    this.exit = exit;
    this.said = said;
  }
}

const DEFAULT_REGISTRIES: readonly object[] = [{ name: 'myregistry', adminUserEnabled: true }];
const MOST_SAID = 100_000;

/** A real server in a process of its own that can be killed, and started again on the same folder. */
export class ProcessSeawall implements TestSeawall {
  readonly root: string;
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(null);
  #state: ServerState | undefined;
  #banner = '';
  #said = '';

  private constructor(root: string, options: ProcessOptions) {
    this.root = root;
    this.#options = options;
  }

  /** Makes the folder and its configuration; nothing runs yet. */
  static async make(options: ProcessOptions = {}): Promise<ProcessSeawall> {
    const root = await mkdtemp(join(options.under ?? tmpdir(), 'seawall-fault-'));
    const seawall = new ProcessSeawall(root, options);
    await writeFile(
      join(root, 'config.json'),
      JSON.stringify({ registries: options.registries ?? DEFAULT_REGISTRIES }),
    );
    return seawall;
  }

  /** Makes and starts one. */
  static async start(options: ProcessOptions = {}, surroundings: Surroundings = {}): Promise<ProcessSeawall> {
    const seawall = await ProcessSeawall.make(options);
    try {
      await seawall.start(surroundings);
    } catch (error) {
      await seawall.close();
      throw error;
    }
    return seawall;
  }

  /** Spawns the server without waiting for it. */
  spawn({ wrapper = [], env = {}, node = [] }: Surroundings = {}): void {
    const flags = {
      config: join(this.root, 'config.json'),
      data: this.dataDir,
      registry: '127.0.0.1:0',
      control: '127.0.0.1:0',
      hostsFile: 'off',
      lab: 'off',
      logLevel: 'error',
      accessLog: 'off',
      ...this.#options.settings,
    };
    const given = Object.entries(flags).flatMap(([name, value]) => [`--${flagOf(name)}`, value]);
    const [command = process.execPath, ...args] = [...wrapper, process.execPath, ...node, LAUNCHER, 'up', ...given];
    // A group of its own, so that a wrapper dies with what it wraps.
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    this.#banner = '';
    this.#said = '';
    keepLog(child.stderr);
    child.stderr.on('data', (text: Buffer) => (this.#said = (this.#said + text.toString()).slice(-MOST_SAID)));
    child.stdout.on('data', (text: Buffer) => (this.#banner += text.toString()));
    const killGroup = (): void => killGroupOf(child);
    process.once('exit', killGroup);
    this.#exited = once(child, 'close').then(([code]) => {
      process.off('exit', killGroup);
      return code as number | null;
    });
  }

  /** Starts the server; throws {@link NotStartedError} with its exit status when it ends before it is ready. */
  async start(surroundings: Surroundings = {}): Promise<void> {
    this.spawn(surroundings);
    await this.ready();
  }

  /** Waits until a server that was spawned is ready. */
  async ready(): Promise<void> {
    const child = this.#child;
    if (child?.stdout === null || child === undefined) throw new Error('no server was spawned');
    const ended = this.#exited.then((code) => {
      throw new NotStartedError(code, this.#said);
    });
    // The banner is written in one piece when everything listens.
    if (this.#banner === '') await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => undefined);
    await noteSecretsOf(this.dataDir);
    this.#state = JSON.parse(await readFile(join(this.dataDir, 'run', 'seawall.json'), 'utf8'));
  }

  /** Whether a process runs. */
  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What the server has said on standard error, or the end of it. */
  get said(): string {
    return this.#said;
  }

  /** Resolves with the exit status when the process ends by itself; `null` after a signal. */
  get exited(): Promise<number | null> {
    return this.#exited;
  }

  /** kill -9 of the server and whatever wraps it. */
  async kill(): Promise<void> {
    if (this.#child !== undefined && this.running) killGroupOf(this.#child);
    await this.#exited;
  }

  /** Stops the server as an operator does, by SIGTERM; answers its exit status. */
  async stop(): Promise<number | null> {
    if (this.running) process.kill(this.state.pid, 'SIGTERM');
    return this.#exited;
  }

  get state(): ServerState {
    if (this.#state === undefined) throw new Error('the server was never ready');
    return this.#state;
  }

  get port(): number {
    return this.state.registryPort;
  }

  get listenPort(): number {
    return this.state.registryPort;
  }

  get ca(): string {
    return join(this.dataDir, 'trust', 'ca.pem');
  }

  get control(): string {
    return this.state.control;
  }

  get dataDir(): string {
    return join(this.root, 'data');
  }

  host(registry: string): string {
    return `${registry}.${this.state.registrySuffix}:${this.state.registryPort}`;
  }

  url(registry: string): string {
    return `https://${this.host(registry)}`;
  }

  admin(registry: string): Login {
    const password = new RegExp(`docker login .*-u ${registry} .*-p (\\S+)`).exec(this.#banner)?.[1];
    if (password === undefined) throw new Error(`the banner has no login of ${registry}:\n${this.#banner}`);
    noteSecret({ kind: 'a password of an admin user', secret: password });
    return { username: registry, password };
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.root, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A setting as it is written on the command line. */
function flagOf(setting: string): string {
  return setting.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
