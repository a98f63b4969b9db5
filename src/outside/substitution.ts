/** What of the world outside the lab Seawall stands in for. */
export type Substituted = 'docker-hub' | 'azure-cli-script' | 'operating-system';

/** Something from outside that was asked for and answered by the lab. */
export interface Substitution {
  readonly what: Substituted;
  /** What was asked for, such as `registry-1.docker.io/library/hello-world`. */
  readonly asked: string;
  /** What was given in its place. */
  readonly given: string;
}

/** The names that the lab answers for, each with what it stands in for. */
export const SUBSTITUTED_NAMES: ReadonlyMap<string, Substituted> = new Map([
  ['registry-1.docker.io', 'docker-hub'],
  ['aka.ms', 'azure-cli-script'],
]);

/** Remembers what was substituted, and tells of each thing once. */
export interface Substitutions {
  made(substitution: Substitution): void;
  /** The oldest first. */
  list(): readonly Substitution[];
}

/** Keeps substitutions for as long as the server runs; `tell` hears of each the first time that it is made. */
export function keepSubstitutions(tell: (substitution: Substitution) => void): Substitutions {
  const all = new Map<string, Substitution>();
  return {
    made(substitution) {
      const key = `${substitution.what} ${substitution.asked}`;
      if (all.has(key)) return;
      all.set(key, substitution);
      tell(substitution);
    },
    list: () => [...all.values()],
  };
}
