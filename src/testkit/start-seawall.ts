import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { loadConfig } from '../config/load.ts';
import { renderProblem } from '../config/problem.ts';
import type { SettingKey } from '../config/setting.ts';
import type { Perimeter } from '../config/perimeter.ts';
import type { RunningServer } from '../server/ready.ts';
import { startServer } from '../server/start.ts';
import type { ServerState } from '../server/state-file.ts';
import { noteSecretsOf } from './kept-secrets.ts';
import type { Login } from './login.ts';
import { noteSecret, openRunLog } from './run-log.ts';
import { noteSecretsOnTheWire } from './secrets-on-the-wire.ts';

/** How a server for a test differs from the default. */
export interface SeawallOptions {
  /** The folder of an earlier one that is gone, above its data; it is left there. */
  readonly root?: string;
  /** The setting `registries`; by default one, `myregistry`, with its admin user on. */
  readonly registries?: readonly object[];
  /** Other settings, as flags are written. */
  readonly settings?: Readonly<Partial<Record<SettingKey, string>>>;
  /** Where networks meet the server; ids of what is made later may be named. */
  readonly perimeter?: Partial<Perimeter>;
}

/** A real server in this process, on ports and in a folder of its own. */
export interface TestSeawall extends AsyncDisposable {
  /** What the server says of itself in its state file. */
  readonly state: ServerState;
  /** The port in the names of registries. */
  readonly port: number;
  /** The port registries are served on, TLS and plain HTTP alike; another one where a public port is set. */
  readonly listenPort: number;
  /** PEM file of the CA to trust. */
  readonly ca: string;
  /** URL of the control listener. */
  readonly control: string;
  readonly dataDir: string;
  /** Login server of a registry with its port. */
  host(registry: string): string;
  /** URL of a registry, without a final slash. */
  url(registry: string): string;
  /** The admin user of a registry. */
  admin(registry: string): Login;
  /**
   * Stops the server and starts it again on the same folder; ports may change. `registries` replaces the declared ones;
   * `between` is done while no server runs.
   */
  restart(registries?: readonly object[], between?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

noteSecretsOnTheWire();

const DEFAULT_REGISTRIES: readonly object[] = [{ name: 'myregistry', adminUserEnabled: true }];

/** Starts a server that makes nothing outside its own temporary folder; the hosts file is left alone. */
export async function startSeawall(options: SeawallOptions = {}): Promise<TestSeawall> {
  const root = options.root ?? (await mkdtemp(join(tmpdir(), 'seawall-test-')));
  // A server that lets go of root reaches its folder through this one.
  await chmod(root, 0o755);
  const dataDir = join(root, 'data');
  let registries = options.registries ?? DEFAULT_REGISTRIES;
  let server = await start(root, registries, options);
  let state = await readState(dataDir);
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await server.close();
    open = false;
    if (options.root === undefined) await rm(root, { recursive: true, force: true });
  };
  const host = (registry: string): string => `${registry}.${state.registrySuffix}:${state.registryPort}`;
  return {
    get state() {
      return state;
    },
    get port() {
      return state.registryPort;
    },
    get listenPort() {
      return Number(state.registryAddress.slice(state.registryAddress.lastIndexOf(':') + 1));
    },
    get control() {
      return state.control;
    },
    ca: join(dataDir, 'trust', 'ca.pem'),
    dataDir,
    host,
    url: (registry) => `https://${host(registry)}`,
    admin: (registry) => adminOf(server, registry),
    async restart(declared = registries, between = async () => undefined) {
      await server.close();
      await between();
      registries = declared;
      server = await start(root, registries, options);
      state = await readState(dataDir);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function start(
  root: string,
  registries: readonly object[],
  { settings = {}, perimeter = {} }: Pick<SeawallOptions, 'settings' | 'perimeter'>,
): Promise<RunningServer> {
  const config = join(root, 'config.json');
  await writeFile(config, JSON.stringify({ registries, ...perimeter }));
  const log = openRunLog();
  const flags = {
    config,
    data: join(root, 'data'),
    registry: '127.0.0.1:0',
    control: '127.0.0.1:0',
    hostsFile: 'off',
    lab: 'off',
    // What a run collects is to have all that a server may ever write; else it is in the way.
    logLevel: log === undefined ? 'error' : 'debug',
    accessLog: log === undefined ? 'off' : 'on',
    ...settings,
  };
  const loaded = await loadConfig('up', { flags, env: {} });
  if (loaded.kind === 'refused') throw new Error(loaded.problems.map(renderProblem).join('\n'));
  const server = await startServer(loaded.config, {
    onFatal: fatal,
    ofProcess: false,
    ...(log === undefined ? {} : { logTo: log.descriptor }),
  }).catch((error: unknown) => {
    log?.[Symbol.dispose]();
    throw error;
  });
  for (const { admin } of server.ready.registries)
    if (admin !== undefined) noteSecret({ kind: 'a password of an admin user', secret: admin.password });
  await noteSecretsOf(join(root, 'data'));
  return {
    ready: server.ready,
    async close() {
      await server.close();
      log?.[Symbol.dispose]();
    },
  };
}

function fatal(error: Error): never {
  throw error;
}

async function readState(dataDir: string): Promise<ServerState> {
  return JSON.parse(await readFile(join(dataDir, 'run', 'seawall.json'), 'utf8'));
}

function adminOf(server: RunningServer, registry: string): Login {
  const admin = server.ready.registries.find(({ name }) => name === registry)?.admin;
  if (admin === undefined) throw new Error(`${registry} has no admin user that is on`);
  return admin;
}
