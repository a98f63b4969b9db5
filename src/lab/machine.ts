/** What machines of the lab are to be, and how they are found to be: made of the state by pure functions, carried out by the supervisor. */

/** A file that is put into a machine at its first start. */
export interface MachineFile {
  /** Absolute, without links in it. */
  readonly path: string;
  readonly mode: number;
  /** `admin` is the user who signs in by ssh, and root where nobody does. */
  readonly owner: 'root' | 'admin';
  readonly content: string;
}

/** What a machine is there for: its first process keeps this running. */
export type MachineMain =
  /** Ready once its ssh server answers. */
  | { readonly kind: 'ssh'; readonly admin: string; readonly keys: readonly string[] }
  /** Ready once it is started. */
  | {
      readonly kind: 'command';
      readonly argv: readonly [string, ...string[]];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string;
      readonly user: string;
      readonly restart: 'always' | 'on-failure' | 'never';
    };

/** What a machine may take of this one. */
export interface MachineLimits {
  readonly memoryBytes: number;
  readonly pids: number;
  readonly cpus: number;
}

/** One machine: a system container in the network namespace of a host. */
export interface MachinePlan {
  /** The uid of the resource that it is of. */
  readonly uid: string;
  /** The host's name, and its network namespace, as the fabric has them. */
  readonly name: string;
  readonly namespace: string;
  readonly hostname: string;
  /** The frozen root that it is laid over: never written. */
  readonly base: string;
  readonly main: MachineMain;
  readonly power: 'running' | 'stopped';
  /** Another number than before is another start. */
  readonly boot: number;
  readonly files: readonly MachineFile[];
  readonly limits: MachineLimits;
}

/** How a machine is found to be. `boot` is the start that this is of. */
export type MachineState =
  | { readonly kind: 'starting'; readonly boot: number }
  | { readonly kind: 'running'; readonly boot: number; readonly pid: number }
  /** It was told to stop, or ended by itself. */
  | { readonly kind: 'stopped'; readonly boot: number }
  | { readonly kind: 'failed'; readonly boot: number; readonly why: string };

/** What is run inside a machine. */
export interface MachineCommand {
  readonly argv: readonly [string, ...string[]];
  readonly input: string;
  readonly timeoutMs: number;
  /** The most of each output that is kept: its end. */
  readonly mostBytes: number;
}

/** How a command inside a machine ended. */
export type MachineCommandEnd =
  | {
      readonly kind: 'ended';
      /** `undefined`: it took too long, or was killed. */
      readonly code: number | undefined;
      readonly timedOut: boolean;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly kind: 'refused'; readonly why: string };

/** How the supervisor keeps machines. */
export interface MachineSettings {
  /** The folder of their disks; root's alone. */
  readonly folder: string;
  /** The folder that every root lies in. */
  readonly bases: string;
  /** What must not lie in the sight of any machine: data, keys, configuration. */
  readonly hidden: readonly string[];
  /** Whether machines end with the server, or are found again by the next one. */
  readonly atEnd: 'keep' | 'end';
}
