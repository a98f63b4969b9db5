import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { EXECUTORS } from '../arm/executor.ts';
import { startOperations } from '../arm/operation-runner.ts';
import { PROVIDERS } from '../arm/providers.ts';
import type { ArmSettings } from '../arm/verb.ts';
import { missingEgress } from '../arm/provider/microsoft.network/virtual-network/egress.ts';
import { authServices } from '../auth/services.ts';
import { formatListenAddress } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import { loginServer } from '../config/login-host.ts';
import type { AttachedSocket } from '../connection/listener.ts';
import { ringOfDenials } from '../denials/ring.ts';
import { keepSubstitutions } from '../outside/substitution.ts';
import type { StateView } from '../state/port.ts';
import { DatabaseDamagedError, DatabaseTooNewError, DatabaseUnusableError } from '../sqlite/migrate.ts';
import type { BlobBytes, Damage } from '../store/verify/verifier.ts';
import { TrustFileError } from '../trust/durable-file.ts';
import { DescriptorWriter } from '../telemetry/line-writer.ts';
import { type Log, createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metric.ts';
import { followAdmission } from './admission.ts';
import { baseRoots } from './base-images.ts';
import { Clients } from '../limit/clients.ts';
import { openCertificates } from './certificates.ts';
import { ensureDeclared } from './declared-registries.ts';
import { DataDirIncompleteError, recordContents } from './data-contents.ts';
import { DataDirInUseError, openDataDir, RestoreUnfinishedError } from './data-dir.ts';
import { noteDoubt, settleDoubt } from './doubt.ts';
import { ensureFirstState } from './first-state.ts';
import { startImports } from './imports.ts';
import { followNames, type RegistryNames, registryNames } from './follow-names.ts';
import { keepNames } from './keep-names.ts';
import { startKeyRotation } from './keys.ts';
import { InFlight } from './in-flight.ts';
import { openLab } from './lab.ts';
import { openInner } from './open-inner.ts';
import { followManagedIdentities } from './managed-identities.ts';
import { openListeners } from './listeners.ts';
import { machineFiles } from './machine-files.ts';
import { controlOrigin } from './origins.ts';
import { type AttachedListener, attachedListeners, declaredEgress } from './perimeter.ts';
import { watchReadiness } from './readiness.ts';
import { type ReadyInfo, type RunningServer, StartRefusedError } from './ready.ts';
import { followRegistries } from './registries.ts';
import { removeStateFile, writeStateFile } from './state-file.ts';
import { openStores } from './stores.ts';
import { fetchJson, outboundDoor } from './outbound.ts';
import { startRetention } from './retention.ts';
import { become, chooseUser, type Sudo } from './run-as.ts';
import { startMachines } from './start-machines.ts';
import { startUpkeep } from './upkeep.ts';
import { startWebhooks } from './webhooks.ts';
import { armSettings } from './arm-settings.ts';
import { type Assembly, controlListenerPlane, registryPlane } from './planes.ts';
import { bootstrapOf, hostsReady, readyRegistries, shownOwner, tellReady } from './ready-info.ts';

/** What a server may be given beside its configuration. */
export interface StartOptions {
  /** Called when what is on the disk is in doubt: the process must end. */
  readonly onFatal: (error: Error) => void;
  /** Whether the process is the server's own: its metrics are the server's, and so is its user. */
  readonly ofProcess: boolean;
  /** The descriptor that the log is written to; standard error where none is given. */
  readonly logTo?: number;
  /** Who called `sudo` to start it, by the variables that `sudo` sets. */
  readonly sudo?: Sudo;
}

const now = () => Date.now();
const STDERR = 2;
/** Folders of the data that the supervisor has for itself. */
const KEPT_BY_ROOT = ['machines'];
/** How many refused requests are kept. */
const MOST_DENIALS = 10_000;

/** Starts a server; everything opened is closed again when a step fails. Throws {@link StartRefusedError} with what to change. */
export async function startServer(asked: Config, options: StartOptions): Promise<RunningServer> {
  const startedMs = performance.now();
  await using stack = new AsyncDisposableStack();
  const lab = stack.use(await openLab(asked));
  const { config } = lab;
  const log = createLog({ ...config.log, writer: new DescriptorWriter(options.logTo ?? STDERR), now });
  stack.defer(() => log.flush());
  const metrics = createMetrics({ ofProcess: options.ofProcess });
  const user = await chooseUser({
    named: config.user,
    unasked: options.ofProcess && lab.ready.kind === 'made',
    folder: resolve(config.dataDir),
    sudo: options.sudo ?? {},
  });
  const dataDir = stack.use(await openDataDir(config.dataDir).catch(refused));
  await settleDoubt(dataDir.root).catch(refused);
  const onFatal = (error: unknown) => {
    log.event({ event: 'store-failed', operation: 'commit', error });
    log.flushSync();
    noteDoubt(dataDir.root);
    options.onFatal(error instanceof Error ? error : new Error(String(error)));
  };
  const onDamage = ({ digest, locator }: BlobBytes, damage: Damage): void => {
    metrics.storeFailed('damage');
    log.event({ event: 'blob-damaged', digest, locator, damage });
  };
  // Making certificates waits for the disk as making databases does.
  const certificates = openCertificates({ config, dataDir, log, now });
  stack.defer(async () => (await certificates.catch(() => undefined))?.[Symbol.dispose]());
  certificates.catch(() => undefined);
  const stores = stack.use(await openStores(dataDir, config, { nowMs: now(), onFatal, onDamage }).catch(refused));
  await recordContents(dataDir.root);
  const owner = await stores.directory.ensureOwner({ keepSecret: config.form === 'up', nowMs: now() });
  await ensureFirstState(stores.state, stores.directory, owner.clientId, now());
  if (lab.ready.kind === 'made')
    await stores.state.commit((view) => ({ value: undefined, changes: missingEgress(view, config.publicPrefix) }));
  await ensureDeclared({ state: stores.state, directory: stores.directory, config }, now());
  const { snapshot } = await followRegistries({ ...stores, config, now });
  const listeners = stack.use(
    await openListeners({
      config,
      certificates: await certificates,
      log,
      metrics,
      opened: (name) => lab.opened(name),
    }),
  );
  const { registry, control, caFile } = listeners;
  const inFlight = new InFlight();
  const denials = ringOfDenials(MOST_DENIALS);
  const admission = stack.use(
    await followAdmission({
      state: stores.state,
      egress: declaredEgress(config),
      propagationDelayMs: config.propagationDelayMs,
      inFlight,
      log,
      fabric: (view, topology) => lab.apply(view, topology),
      cut: (which) => registry.cut(which),
    }),
  );
  for (const one of attachedListeners(config)) registry.attach(await listenIn(one));
  // Everything that needs root is done, and nothing is served yet.
  if (user.kind === 'become') await become(user, dataDir.root, KEPT_BY_ROOT);
  const controlUrl = controlOrigin(config, control.address, config.control);
  const door = await outboundDoor(config);
  const auth = authServices({
    fetchJson: (url) => fetchJson(door, url),
    directory: stores.directory,
    keys: stores.keys,
    authority: { issuerBase: controlUrl, armAudiences: [controlUrl], graphAudience: `${controlUrl}/graph` },
  });
  await followManagedIdentities(stores.state, stores.directory, now);
  const substitutions = keepSubstitutions(({ asked, given }) => log.event({ event: 'substituted', asked, given }));
  const view = (): StateView => stores.state.view();
  if (lab.ready.kind === 'made') {
    const inner = stack.use(await openInner({ config, dataDir, auth, substitutions, view, log, now }));
    await lab.serve({ attach: (socket) => registry.attach(socket), view, inner });
  }
  const { state, work } = stores;
  const webhooks = stack.use(startWebhooks({ state, metadata: stores.content.metadata, work, door, log, now }));
  const { content, box } = stores;
  const announced = (): void => webhooks.announced();
  const imports = stack.use(startImports({ state, snapshot, content, work, box, door, announced, log, now }));
  const registryPort = config.publicPort ?? registry.address.port;
  const files = machineFiles({ control: controlUrl, authority: controlUrl, registrySuffix: config.registrySuffix });
  const roots = baseRoots(config, substitutions);
  const machines = stack.use(await startMachines({ state, lab, config, roots, caFile, files, now }));
  const settings = (): ArmSettings => ({
    ...armSettings(config, stores, registryPort),
    hosts: machines.hosts,
    containerHosts: machines.containerHosts,
  });
  const operations = stack.use(
    startOperations({
      state,
      index: PROVIDERS,
      executors: { ...EXECUTORS, ...machines.executors },
      gone: (removed, signal) => machines.gone(removed, signal),
      settings,
      origin: controlUrl,
      log,
      now,
      newUuid: randomUUID,
    }),
  );
  const upkeep = stack.use(startUpkeep({ data: dataDir.root, config, stores, auth, log, metrics, now }));
  const assembly: Assembly = {
    config,
    stores,
    snapshot,
    auth,
    metrics,
    webhooks,
    imports,
    upkeep,
    operations,
    settings,
    door,
    gate: { admission, inFlight, denials },
    identities: new Clients(config.clients, config.connections.maxConnections),
    lab,
    machines,
    substitutions,
    now,
    keys: {
      keys: stores.keys,
      box,
      directory: stores.directory,
      state,
      work,
      trust: dataDir.trust,
      ownCertificates: caFile !== undefined,
      refreshCertificates: () => listeners.refreshCertificates(),
      now,
    },
    notReady: watchReadiness({ listeners, lab, log }),
  };
  stack.use(startKeyRotation(stores.keys, log, now));
  registry.serve(registryPlane(assembly, registryPort));
  control.serve(controlListenerPlane(assembly, controlUrl));
  stack.use(startRetention({ snapshot, metadata: content.metadata, announced, log, now }));
  const served = registryNames(config, state.view());
  const names = stack.use(await keepNames(config, served.hosts, { log, keeper: lab.keeper }));
  const trusted = caFile === undefined ? {} : { caFile };
  const said = {
    pid: process.pid,
    control: controlUrl,
    authority: controlUrl,
    registrySuffix: config.registrySuffix,
    registryAddress: formatListenAddress(registry.address),
    registryPort,
    ...(lab.enter.length === 0 ? {} : { enterLab: lab.enter }),
    ...trusted,
    ...shownOwner(owner, config),
  };
  const tell = ({ registries, hosts }: RegistryNames): Promise<void> => {
    const loginServers = hosts.map((host) => loginServer(host, registryPort));
    return writeStateFile(dataDir.state, { ...said, registries, loginServers });
  };
  await tell(served);
  stack.defer(() => removeStateFile(dataDir.state));
  stack.use(
    await followNames(state, config, {
      first: served,
      changed: async (changed) => {
        await names.rename(changed.hosts);
        await tell(changed);
      },
    }),
  );
  const ready: ReadyInfo = {
    registries: await readyRegistries(assembly, registryPort),
    control: controlUrl,
    authority: controlUrl,
    metrics: `${controlUrl}/metrics`,
    dataDir: dataDir.root,
    stateFile: dataDir.state,
    ...trusted,
    hosts: names.hosts,
    lab: lab.ready,
    ...(await hostsReady(config, lab)),
    ...(user.kind === 'become' ? { user: user.name } : user.why === undefined ? {} : { asRoot: user.why }),
    ...bootstrapOf(owner, config),
  };
  tellReady(log, listeners, performance.now() - startedMs);
  const running = stack.move();
  return { ready, close: () => stop(running, log) };
}

/** A socket that listens in a network of the operator's. */
async function listenIn({ host, port, attachment }: AttachedListener): Promise<AttachedSocket> {
  const server = createServer({ pauseOnConnect: true });
  server.listen({ host, port });
  await once(server, 'listening');
  return { server, attachment };
}

async function stop(running: AsyncDisposableStack, log: Log): Promise<void> {
  log.event({ event: 'stopping', reason: 'asked to' });
  await running.disposeAsync();
}

/** What is wrong with the data folder, by messages that say what to do. */
const REFUSALS = [
  DataDirInUseError,
  DataDirIncompleteError,
  RestoreUnfinishedError,
  DatabaseTooNewError,
  DatabaseDamagedError,
  DatabaseUnusableError,
  TrustFileError,
] as const;

/** Turns what the person can mend into a refusal to start. */
function refused(error: unknown): never {
  if (REFUSALS.some((refusal) => error instanceof refusal) && error instanceof Error)
    throw new StartRefusedError(error.message, { cause: error });
  throw error;
}
