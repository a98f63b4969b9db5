import type { Attributes } from '../port.ts';
import { refusesDelete } from './lock.ts';
import type { Digest } from '../../oci/digest.ts';

/** What must be known of a manifest to decide whether a retention policy removes it. */
export interface RetireFacts {
  readonly digest: Digest;
  readonly attributes: Attributes;
  /** The time of its last change, the loss of a tag among them; ms since the epoch. */
  readonly updatedMs: number;
  readonly tagged: boolean;
  /** Whether an index of the repository names it. */
  readonly named: boolean;
  /** Whether it is a signature, SBOM or the like of a manifest that is there. */
  readonly attached: boolean;
}

/** Whether a manifest that nothing needs and that nobody has touched since a time is removed. */
export function decideRetire(facts: RetireFacts | undefined, beforeMs: number): boolean {
  if (facts === undefined) return false;
  const { digest, attributes, updatedMs, tagged, named, attached } = facts;
  if (tagged || named || attached || updatedMs > beforeMs) return false;
  return refusesDelete({ what: 'manifest', name: digest, attributes }) === undefined;
}
