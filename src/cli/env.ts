import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dataOf } from './data-of.ts';
import { az, azInTurn } from './azure-cli.ts';
import { azureCloud, CLOUD_NAME } from '../azure/cloud.ts';
import { certificateBundle } from './certificate-bundle.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { findServer, type ServerAccess } from './running-server.ts';
import type { Terminal } from './terminal.ts';
import { trust, type TrustPlace, untrust } from './trust.ts';

/** The options of `env`. */
export interface EnvOptions {
  readonly data?: string;
  readonly json?: boolean;
  /** Where the CA is to be trusted; nothing else is done then. */
  readonly trust?: TrustPlace;
  /** Where that is taken back. */
  readonly untrust?: TrustPlace;
}

type Variables = Readonly<Record<string, string>>;

/** `env`: makes `az` ready for the running server in a folder of its own, and prints the variables that make it use it. */
export async function prepareEnvironment(terminal: Terminal, options: EnvOptions): Promise<ExitCode> {
  const dataDir = resolve(dataOf(terminal, options));
  const found = await findServer(dataDir);
  if (found.kind !== 'running')
    return fail(terminal, found.why, found.kind === 'denied' ? EXIT.denied : EXIT.unavailable);
  if (options.trust !== undefined || options.untrust !== undefined) return changeTrust(terminal, found.server, options);
  const secret = terminal.env['SEAWALL_CLIENT_SECRET'] ?? found.server.clientSecret;
  if (secret === undefined)
    return fail(terminal, 'put the client secret into the variable SEAWALL_CLIENT_SECRET', EXIT.denied);
  const folder = join(dataDir, 'az');
  const variables = await prepareFolder(folder, found.server);
  const clientId = terminal.env['SEAWALL_CLIENT_ID'] ?? found.server.clientId;
  const login = { folder, clientId, secret, env: { ...terminal.env, ...variables } };
  const failure = await signIn(found.server, login);
  if (failure !== undefined) return fail(terminal, failure, EXIT.failed);
  terminal.out(options.json === true ? `${JSON.stringify(variables, null, 2)}\n` : renderExports(variables));
  if (options.json !== true) explainTrust(terminal, found.server);
  return EXIT.ok;
}

async function changeTrust(terminal: Terminal, server: ServerAccess, options: EnvOptions): Promise<ExitCode> {
  const { caFile } = server;
  if (caFile === undefined)
    return fail(terminal, "there is nothing to trust: the server shows the operator's own certificates", EXIT.usage);
  const request = { caFile, loginServers: server.loginServers, root: '/' };
  for (const [place, change] of [
    [options.trust, trust],
    [options.untrust, untrust],
  ] as const) {
    const changed = place === undefined ? undefined : await change(place, request);
    if (changed?.kind === 'failed') return fail(terminal, changed.why, EXIT.denied);
    for (const line of changed?.lines ?? []) terminal.err(`seawall: ${line}\n`);
  }
  return EXIT.ok;
}

function fail(terminal: Terminal, why: string, exit: ExitCode): ExitCode {
  terminal.err(`seawall: ${why}\n`);
  return exit;
}

async function prepareFolder(folder: string, { caFile }: ServerAccess): Promise<Variables> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // A cache that one version of az wrote breaks another (2.91 and 2.45), and is only a cache.
  await rm(join(folder, 'msal_http_cache.bin'), { force: true });
  const variables = { AZURE_CONFIG_DIR: folder, AZURE_CORE_COLLECT_TELEMETRY: 'false' };
  if (caFile === undefined) return variables;
  const bundle = join(folder, 'ca-bundle.pem');
  await writeFile(bundle, await certificateBundle(caFile));
  return { ...variables, REQUESTS_CA_BUNDLE: bundle };
}

interface Login {
  readonly folder: string;
  readonly clientId: string;
  readonly secret: string;
  readonly env: Terminal['env'];
}

/** Answers why it failed; `undefined` when the next command of `az` goes to this server. */
async function signIn(server: ServerAccess, { folder, clientId, secret, env }: Login): Promise<string | undefined> {
  const known = await az(['cloud', 'show', '--name', CLOUD_NAME], env);
  const cloud = ['--name', CLOUD_NAME, '--cloud-config', JSON.stringify(azureCloud(server))];
  // A secret among the arguments would be seen by everybody on this machine.
  const file = join(folder, 'client-secret');
  await writeFile(file, secret, { mode: 0o600 });
  try {
    return await azInTurn(
      [
        ['cloud', known.succeeded ? 'update' : 'register', ...cloud],
        ['cloud', 'set', '--name', CLOUD_NAME],
        ['login', '--service-principal', '--username', clientId, '--password', `@${file}`, '--tenant', 'adfs'],
      ],
      env,
    );
  } finally {
    await rm(file, { force: true });
  }
}

/** Lines that a POSIX shell evaluates. */
export function renderExports(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
}

function explainTrust(terminal: Terminal, { caFile }: ServerAccess): void {
  if (caFile === undefined) return;
  terminal.err(
    `seawall: for docker to trust the registries (CA ${caFile}): sudo npx --no seawall env --trust docker\n` +
      'seawall: for this system to trust them: sudo npx --no seawall env --trust system\n',
  );
}
