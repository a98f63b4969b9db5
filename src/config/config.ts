import type { ClientLimits } from '../limit/client.ts';
import type { ListenAddress } from './address.ts';
import type { HostsFileChoice } from './hosts-file.ts';
import type { Perimeter } from './perimeter.ts';
import type { RegistryDeclaration } from './registry.ts';
import type { Form } from './setting.ts';

/** Which certificate a listener shows: one of Seawall's own CA, or one read from PEM files and read again on change. */
export type TlsSource =
  | { readonly kind: 'own-ca' }
  | { readonly kind: 'files'; readonly certFile: string; readonly keyFile: string };

/** Limits of connections and requests. Times are in ms. */
export interface ConnectionLimits {
  readonly firstByteTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly maxConnections: number;
  /** What a body or an answer must move on average. */
  readonly minBytesPerSecond: number;
}

/** How the log is written. */
export interface LogConfig {
  readonly format: 'text' | 'json';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly access: boolean;
}

/** Everything the server is told from outside; all of it checked, none of it secret. */
export interface Config extends Perimeter {
  readonly form: Form;
  readonly dataDir: string;
  /** The configuration file, where there is one. */
  readonly configFile: string | undefined;
  readonly registry: ListenAddress;
  readonly control: ListenAddress;
  readonly registrySuffix: string;
  /** Login server of the only registry, in place of `name.suffix`. */
  readonly publicHost: string | undefined;
  /** Port in the names of login servers, where it is not the port listened on. */
  readonly publicPort: number | undefined;
  /** Origin of the control listener as clients see it, where it is not the address listened on. */
  readonly controlPublicUrl: string | undefined;
  readonly registryTls: TlsSource;
  readonly controlTls: TlsSource;
  readonly hostsFile: HostsFileChoice;
  /** Whose rules hold: Azure's with its limits and tiers, or none of these. */
  readonly profile: 'azure' | 'open';
  readonly cloud: 'AzureCloud' | 'AzureUSGovernment' | 'AzureChinaCloud';
  readonly autoRegistration: boolean;
  readonly revalidateRules: boolean;
  /** Whom the server runs as once what needs root is done. */
  readonly user: string | undefined;
  /** Whether virtual networks are made of packets on this machine. */
  readonly lab: 'auto' | 'on' | 'off';
  /** Whether the hosts of virtual machines end with the server, or are found again by the next one. */
  readonly hosts: 'keep' | 'end';
  /** IPv4 prefix that public addresses of resources are taken from. */
  readonly publicPrefix: string;
  /** Folder of the base images of the lab. */
  readonly images: string;
  /** Whether the lab stands in for what is outside it. */
  readonly substitutions: boolean;
  /** Further hosts that packages may be fetched from inside the lab. */
  readonly packageHosts: readonly string[];
  /** What a refused client is answered: as in the article, or as by today's service (facts/acr.md §2.2). */
  readonly denial: 'article' | 'current';
  /** How long after the answer a change of network rules acts, in ms. */
  readonly propagationDelayMs: number;
  /** What may be dialled for users although it is loopback, private or of the lab: prefixes and host names. */
  readonly outboundAllow: readonly string[];
  /** Certificates (PEM) of further authorities to trust when dialling for users. */
  readonly outboundCa: string | undefined;
  readonly log: LogConfig;
  readonly connections: ConnectionLimits;
  readonly clients: ClientLimits;
  readonly uploadExpiryMs: number;
  /** How long the garbage collection rests between two passes, in ms; 0 for passes on request alone. */
  readonly gcIntervalMs: number;
  /** Whether blobs that an earlier process wrote are hashed when they are first read. */
  readonly verifyReads: boolean;
  /** How long rests between two checks of everything, in ms; 0 for checks on request alone. */
  readonly scrubIntervalMs: number;
  readonly scrubBytesPerSecond: number;
  readonly maxBlobBytes: number;
  readonly manifestCacheBytes: number;
  readonly shutdownMs: number;
  readonly registries: readonly RegistryDeclaration[];
}
