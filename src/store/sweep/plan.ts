import type { KeptPart, UploadId } from '../port.ts';

/** What is known of unfinished uploads. */
export interface UploadFacts {
  /** Uploads that have bytes. */
  readonly parts: ReadonlyMap<UploadId, KeptPart>;
  /** Sessions that the metadata knows, with the time they began (ms). */
  readonly sessions: ReadonlyMap<UploadId, number>;
}

/** When an upload is given up: idle for longer than `expiryMs`, and not open in this process. */
export interface UploadRule {
  /** Whether this process works on the upload, though its bytes may not be open at the moment. */
  readonly isOpen: (id: UploadId) => boolean;
  readonly nowMs: number;
  readonly expiryMs: number;
}

/**
 * The uploads to be given up: bytes that no session owns, and sessions idle too long. A session that has no bytes is
 * judged by its beginning. One that is open in this process is left alone whatever its age.
 */
export function planUploads(facts: UploadFacts, rule: UploadRule): readonly UploadId[] {
  const known = new Set([...facts.parts.keys(), ...facts.sessions.keys()]);
  const isOpen = (id: UploadId) => rule.isOpen(id) || facts.parts.get(id)?.open === true;
  return [...known].filter((id) => !isOpen(id) && (!facts.sessions.has(id) || isIdle(facts, rule, id)));
}

function isIdle(facts: UploadFacts, rule: UploadRule, id: UploadId): boolean {
  const touchedMs = Math.max(facts.parts.get(id)?.touchedMs ?? 0, facts.sessions.get(id) ?? 0);
  return rule.nowMs - touchedMs > rule.expiryMs;
}
