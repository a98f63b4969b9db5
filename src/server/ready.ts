/** A registry that is served, as the person who starts the server is told of it. */
export interface ReadyRegistry {
  readonly name: string;
  /** What follows `docker login`: host, and port unless it is 443. */
  readonly loginServer: string;
  /** The admin user, where it is on and its password may be shown: in the rehearsal form. */
  readonly admin?: { readonly username: string; readonly password: string };
}

/** What became of the hosts file; the advice is printed as it is. */
export type ReadyHosts =
  | { readonly kind: 'off' }
  | { readonly kind: 'kept'; readonly path: string }
  | { readonly kind: 'advice'; readonly advice: string };

/** What became of the lab. */
export type ReadyLab =
  /** `rootless` where it is made in a user namespace, and reached from within alone. */
  | { readonly kind: 'made'; readonly rootless: boolean }
  | { readonly kind: 'off' }
  | { readonly kind: 'none'; readonly why: string };

/** What a server that is ready says of itself. */
export interface ReadyInfo {
  readonly registries: readonly ReadyRegistry[];
  /** URL of the control listener. */
  readonly control: string;
  /** URL of the login authority. */
  readonly authority: string;
  /** URL of the metrics. */
  readonly metrics: string;
  readonly dataDir: string;
  /** `DATA/run/seawall.json`. */
  readonly stateFile: string;
  /** PEM file of Seawall's own CA; absent when the operator's certificates are shown. */
  readonly caFile?: string;
  readonly hosts: ReadyHosts;
  /** The lab: made, not asked for, or why it could not be made. */
  readonly lab: ReadyLab;
  /** The base images that hosts can be laid over, by name; absent without a lab that runs hosts. */
  readonly baseImages?: readonly string[];
  /** Names that the lab stands in for. */
  readonly standsFor?: readonly string[];
  /** Whom the server lets go of root for; absent where it had none, or keeps it. */
  readonly user?: string;
  /** Why it runs as root although a lab is there, and what to do. */
  readonly asRoot?: string;
  /** The secret of the owner, made just now and never shown again: the first start of the production form. */
  readonly bootstrap?: { readonly clientId: string; readonly clientSecret: string };
}

/** A server that is running. */
export interface RunningServer {
  readonly ready: ReadyInfo;
  /** Drains and stops; resolves when everything is closed. Called once. */
  close(): Promise<void>;
}

/** A server that cannot start as things are; the message says what to change. */
export class StartRefusedError extends Error {
  override name = 'StartRefusedError';
}
