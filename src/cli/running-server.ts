import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTicksOf } from '../system/live-process.ts';

/** What `DATA/run/seawall.json` says that a command needs. */
export interface ServerAccess {
  readonly pid: number;
  /** When the process began, in ticks since the system did; absent where the system does not tell. */
  readonly startTicks?: string;
  /** URL of the control listener. */
  readonly control: string;
  /** URL of the login authority. */
  readonly authority: string;
  /** What the names of login servers end with, without a dot before it. */
  readonly registrySuffix: string;
  /** Login servers of the registries, with their port. */
  readonly loginServers: readonly string[];
  /** PEM file of the CA to trust; absent where the system's own CAs do. */
  readonly caFile?: string;
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  /** What has to come before a command that is to run where the lab is; nothing where that is the machine itself. */
  readonly enterLab: readonly string[];
}

/** The outcome of looking for a running server. */
export type FoundServer =
  | { readonly kind: 'running'; readonly server: ServerAccess }
  | { readonly kind: 'not-running'; readonly why: string }
  | { readonly kind: 'denied'; readonly why: string };

/** Finds the server that serves from a data directory. */
export async function findServer(dataDir: string): Promise<FoundServer> {
  const path = join(dataDir, 'run', 'seawall.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (text instanceof Error) return unreadable(path, dataDir, text);
  const server = parseServerAccess(text);
  if (server === undefined)
    return {
      kind: 'not-running',
      why: `${path} is not what a server writes; start "seawall up" or "seawall serve" again`,
    };
  if (await isAlive(server)) return { kind: 'running', server };
  return {
    kind: 'not-running',
    why: `the server that wrote ${path} (pid ${server.pid}) has ended; ${howToStart(dataDir)}`,
  };
}

function unreadable(path: string, dataDir: string, error: NodeJS.ErrnoException): FoundServer {
  if (error.code === 'ENOENT')
    return {
      kind: 'not-running',
      why: `no server runs from ${dataDir} (${path} is not there); ${howToStart(dataDir)}`,
    };
  return { kind: 'denied', why: `${path} cannot be read: ${error.message}; only who started the server may` };
}

function howToStart(dataDir: string): string {
  return `start one with "seawall up --data ${dataDir}", or name its folder with --data`;
}

/** Reads the file; `undefined` when a field that a command needs is missing. */
export function parseServerAccess(text: string): ServerAccess | undefined {
  const value = parseObject(text);
  const get = (name: string): string => (typeof value[name] === 'string' ? value[name] : '');
  const { pid, startTicks } = value;
  const [control, authority, tenantId] = [get('control'), get('authority'), get('tenantId')];
  if (typeof pid !== 'number' || !URL.canParse(control) || !URL.canParse(authority) || tenantId === '')
    return undefined;
  const [subscriptionId, clientId, caFile, clientSecret] = [
    get('subscriptionId'),
    get('clientId'),
    get('caFile'),
    get('clientSecret'),
  ];
  return {
    pid,
    ...(typeof startTicks === 'string' ? { startTicks } : {}),
    control,
    authority,
    registrySuffix: get('registrySuffix'),
    tenantId,
    subscriptionId,
    clientId,
    loginServers: texts(value['loginServers']),
    enterLab: texts(value['enterLab']),
    ...(caFile === '' ? {} : { caFile }),
    ...(clientSecret === '' ? {} : { clientSecret }),
  };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** One of the same number that began at another time is another process. Where processes have no start that can be read, the number is all there is. */
async function isAlive({ pid, startTicks }: ServerAccess): Promise<boolean> {
  if (process.platform !== 'linux') return isThere(pid);
  const found = await startTicksOf(pid);
  return found !== undefined && (startTicks === undefined || found === startTicks);
}

/** A process that may not be signalled is there all the same. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
