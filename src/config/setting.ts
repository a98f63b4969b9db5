import type { ListenAddress } from './address.ts';
import { type HostsFileChoice, hostsFileChoice } from './hosts-file.ts';
import {
  type SettingKind,
  count,
  dnsName,
  httpsOrigin,
  listenAddress,
  onOff,
  oneOf,
  path,
  port,
  prefix,
  targets,
  userName,
} from './kind.ts';

/** The two ways to run: `up` rehearses on one machine, `serve` is for production. */
export type Form = 'up' | 'serve';

/** One setting. Its key names it in a file; flag and variable are made of the key. */
export interface Setting<T, Default extends T | undefined = T> {
  readonly kind: SettingKind<T>;
  readonly defaults: Readonly<Record<Form, Default>>;
  /** One sentence for `--help` and the reference. */
  readonly about: string;
}

function setting<T>(kind: SettingKind<T>, value: T, about: string): Setting<T> {
  return { kind, defaults: { up: value, serve: value }, about };
}

function optional<T>(kind: SettingKind<T>, about: string): Setting<T, T | undefined> {
  return { kind, defaults: { up: undefined, serve: undefined }, about };
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const GIB = 1024 ** 3;
const address = (host: string, at: number): ListenAddress => ({ host, port: at });
const hostsFileDefaults: Record<Form, HostsFileChoice> = { up: { kind: 'auto' }, serve: { kind: 'off' } };

/** Every setting that has one value; `registries` alone is a list (registry.ts). */
export const SETTINGS = {
  data: setting(path, './data', 'Directory that keeps everything; made when absent.'),
  registry: setting(listenAddress, address('127.0.0.1', 5443), 'Where registries are served.'),
  control: setting(
    listenAddress,
    address('127.0.0.1', 8443),
    'Where management, sign-in, health and metrics are served.',
  ),
  registrySuffix: setting(dnsName, 'azurecr.localhost', 'A registry is named NAME.SUFFIX.'),
  publicHost: optional(dnsName, 'Login server of the one registry declared, in place of NAME.SUFFIX.'),
  publicPort: optional(port, 'Port by which clients reach registries, when it is not the port listened on.'),
  controlPublicUrl: optional(httpsOrigin, 'URL by which clients reach the control listener.'),
  tlsCert: optional(path, 'Certificate chain (PEM) for registries, read again when it changes; needs tlsKey.'),
  tlsKey: optional(path, 'Private key (PEM) of tlsCert.'),
  controlTlsCert: optional(
    path,
    'Certificate chain (PEM) for control, read again when it changes; needs controlTlsKey.',
  ),
  controlTlsKey: optional(path, 'Private key (PEM) of controlTlsCert.'),
  hostsFile: {
    kind: hostsFileChoice,
    defaults: hostsFileDefaults,
    about: 'Hosts file in which `up` keeps the names of its registries; `serve` never touches it.',
  } satisfies Setting<HostsFileChoice>,
  profile: {
    kind: oneOf('azure', 'open'),
    defaults: { up: 'azure', serve: 'open' },
    about: 'Whose rules hold: `azure` refuses and limits as Azure does, `open` lifts tiers and limits.',
  } satisfies Setting<'azure' | 'open'>,
  cloud: setting(
    oneOf('AzureCloud', 'AzureUSGovernment', 'AzureChinaCloud'),
    'AzureCloud',
    'The cloud of Azure that is imitated; service endpoints for registries are in AzureCloud alone.',
  ),
  autoRegistration: setting(onOff, true, 'Whether a resource provider is registered by itself when it is used first.'),
  revalidateRules: setting(
    onOff,
    false,
    'Whether a change of network rules checks every subnet of the list anew, as Azure does.',
  ),
  denial: setting(
    oneOf('article', 'current'),
    'article',
    "What a refused client is answered: `article` 403 at once on every path, `current` as today's service, 401 first.",
  ),
  propagationDelayMs: setting(
    count('ms', 0, HOUR_MS),
    0,
    'How long a change of network rules waits before it acts, to rehearse the minutes it takes in Azure.',
  ),
  lab: {
    kind: oneOf('auto', 'on', 'off'),
    defaults: { up: 'auto', serve: 'off' },
    about: 'Whether virtual networks are made of real packets on this machine (Linux, root): `auto` where they can be.',
  } satisfies Setting<'auto' | 'on' | 'off'>,
  hosts: setting<'keep' | 'end'>(
    oneOf('keep', 'end'),
    'end',
    'Whether hosts of virtual machines go on without the server until it is there again (`keep`), or `end` with it.',
  ),
  user: optional(
    userName,
    'User that the server runs as once what needs root is done. With a lab it lets go of root unasked.',
  ),
  publicPrefix: setting(prefix, '198.18.77.0/24', 'IPv4 prefix that public addresses of resources are taken from.'),
  images: setting(
    path,
    '/var/lib/seawall-lab/images',
    'Folder of the base images that hosts of the lab are laid over.',
  ),
  substitutions: setting(
    onOff,
    true,
    'Whether the lab stands in for what is outside it: Docker Hub, aka.ms, images of other distributions. Each is announced.',
  ),
  packageHosts: setting<readonly string[]>(
    targets,
    [],
    'Further hosts that packages may be fetched from inside the lab, beside those of base images and of this machine.',
  ),
  outboundAllow: setting<readonly string[]>(
    targets,
    [],
    'What may be dialled for users (webhooks, imports, sign-in of others) although it is loopback, private or of the lab.',
  ),
  outboundCa: optional(path, 'Certificates (PEM) of further authorities that are trusted when dialling for users.'),
  logFormat: setting(oneOf('text', 'json'), 'text', 'How log lines are written.'),
  logLevel: setting(oneOf('debug', 'info', 'warn', 'error'), 'info', 'The least level that is logged.'),
  accessLog: setting(onOff, true, 'Whether each request is logged.'),
  uploadExpiryMs: setting(
    count('ms', 60_000, 365 * DAY_MS),
    7 * DAY_MS,
    'An unfinished upload is removed after this long.',
  ),
  gcIntervalMs: setting(
    count('ms', 0, 365 * DAY_MS),
    DAY_MS,
    'How long the garbage collection rests between two passes; 0 for passes by `seawall gc` alone.',
  ),
  verifyReads: setting(
    onOff,
    true,
    'Whether a blob that an earlier process wrote is hashed when it is first read, before all of it is served.',
  ),
  scrubIntervalMs: setting(
    count('ms', 0, 365 * DAY_MS),
    7 * DAY_MS,
    'How long rests between two checks of everything that is kept; 0 for checks by `seawall verify` alone.',
  ),
  scrubBytesPerSecond: setting(count('bytes', 1, 2 ** 40), 32 * 1024 ** 2, 'How fast such a check reads.'),
  maxBlobBytes: setting(count('bytes', 1, 2 ** 50), 200 * GIB, 'The largest blob accepted.'),
  manifestCacheBytes: setting(count('bytes', 0, 2 ** 40), 64 * 1024 ** 2, 'Memory for hot manifests.'),
  shutdownMs: setting(count('ms', 0, HOUR_MS), 8_000, 'How long requests may go on after SIGTERM.'),
  firstByteTimeoutMs: setting(
    count('ms', 1, HOUR_MS),
    10_000,
    'A new connection must send its first byte within this.',
  ),
  headersTimeoutMs: setting(count('ms', 1, HOUR_MS), 30_000, 'The head of a request must arrive within this.'),
  idleTimeoutMs: setting(count('ms', 1, HOUR_MS), 60_000, 'A body that stands still this long ends its connection.'),
  keepAliveTimeoutMs: setting(count('ms', 1, HOUR_MS), 75_000, 'A connection may wait this long for its next request.'),
  maxConnections: setting(count('', 1, 1_000_000), 10_000, 'Connections that one listener holds at most.'),
  minBytesPerSecond: setting(
    count('', 0, 1_000_000),
    240,
    'Bytes per second that a body must bring on average, and an answer take; 0 asks nothing.',
  ),
  clientConnections: setting(
    count('', 1, 1_000_000),
    4000,
    'Connections that one address (of IPv6, one /64) may have open.',
  ),
  clientRequests: setting(
    count('', 1, 1_000_000),
    2000,
    'Requests under way that one address may have, and one who signed in.',
  ),
  clientRequestsPerSecond: {
    kind: count('', 0, 1_000_000),
    defaults: { up: 0, serve: 2000 },
    about:
      'Requests per second of one address, and of one who signed in, a minute of which may be saved up; 0 is no limit.',
  } satisfies Setting<number>,
  clientBodyBytes: setting(
    count('bytes', 8 * 1024 ** 2, 2 ** 40),
    64 * 1024 ** 2,
    'Memory for manifests, forms and management requests of one address; all together have four times as much.',
  ),
} as const;

/** The key of a setting that has one value. */
export type SettingKey = keyof typeof SETTINGS;

/** Values of settings by key; those without default may be `undefined`. */
export type SettingValues = {
  readonly [K in SettingKey]: (typeof SETTINGS)[K]['defaults'][Form];
};

/** Every key, in the order of the reference. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** The flag of a setting: `--registry-suffix` for `registrySuffix`. */
export function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The environment variable of a setting: `SEAWALL_REGISTRY_SUFFIX` for `registrySuffix`. */
export function variableOf(key: string): string {
  return `SEAWALL_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
