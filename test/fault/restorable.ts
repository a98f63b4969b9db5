/** Called once the server serves from a restored backup: from then on what the backup has is what must be there. */
export type WhenRestored = () => void;

/** Called when a backup has ended, or was cut; answers what is to be called each time it was restored. */
export type WhenEnded = () => WhenRestored;

/** Somebody whose changes are in a backup, up to a moment while it was made. */
export interface Restorable {
  /** Called when a backup begins. */
  remember(): WhenEnded;
}
