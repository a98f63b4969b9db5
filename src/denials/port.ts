/** One refused request. Times are ms since the epoch. */
export interface Denial {
  readonly atMs: number;
  readonly registry: string;
  readonly address: string;
  /** The id of the subnet or private endpoint that it came by, where it is known. */
  readonly by?: string;
  readonly reason: string;
  /** `epoch.sequence` of the rules that decided. */
  readonly generation: string;
  readonly method: string;
  readonly path: string;
  readonly userAgent?: string;
  readonly correlationId: string;
}

/** Which denials are asked for; what is left out does not narrow. */
export interface DenialFilter {
  readonly registry?: string;
  readonly address?: string;
  readonly reason?: string;
  readonly sinceMs?: number;
  /** At most this many, the newest. */
  readonly most: number;
}

/** Who was refused: bounded, the oldest give way to the newest. */
export interface Denials {
  /** Keeps one. Never waits and never throws: a refusal is answered whatever becomes of its record. */
  add(denial: Denial): void;
  /** The newest first. */
  list(filter: DenialFilter): Promise<readonly Denial[]>;
  /** How many have given way. */
  readonly dropped: number;
}
