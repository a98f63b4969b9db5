import { rename, rm, writeFile } from 'node:fs/promises';
import { startTicksOf } from '../system/live-process.ts';

/** What a running server says of itself in `DATA/run/seawall.json`, for commands, scripts and tests. */
export interface ServerState {
  readonly pid: number;
  /** URL of the control listener. */
  readonly control: string;
  /** URL of the login authority. */
  readonly authority: string;
  readonly registrySuffix: string;
  /** HOST:PORT that registries are served on. */
  readonly registryAddress: string;
  /** What has to come before a command that is to run where the lab is; absent where that is the machine itself. */
  readonly enterLab?: readonly string[];
  /** Port in the names of login servers. */
  readonly registryPort: number;
  /** Names of the registries served. */
  readonly registries: readonly string[];
  /** The login servers of the same, as clients write them. */
  readonly loginServers: readonly string[];
  /** PEM file of the CA to trust; absent when the operator's own certificates are used. */
  readonly caFile?: string;
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly clientId: string;
  /** In the rehearsal form only. */
  readonly clientSecret?: string;
}

/**
 * Writes the file whole or not at all, readable by its owner alone. `startTicks` tells the process from a later one of the
 * same number, which a server that was killed leaves the file to.
 */
export async function writeStateFile(path: string, state: ServerState): Promise<void> {
  const temporary = `${path}.${state.pid}`;
  const whole = { ...state, startTicks: await startTicksOf(state.pid) };
  await writeFile(temporary, `${JSON.stringify(whole, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, path);
}

/** Removes the file; absent is not an error. */
export async function removeStateFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
