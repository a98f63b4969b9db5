import type { Digest } from '../../oci/digest.ts';
import type { RepositoryName, Tag } from '../../oci/reference.ts';
import type { Attributes, RestoreOutcome } from '../port.ts';
import { refusesWrite } from './lock.ts';

/** What must be known to decide whether something deleted is put back. */
export interface RestoreFacts {
  /** Absent when the repository does not exist. */
  readonly repository?: Attributes;
  /** Whether the manifest is among what was deleted. */
  readonly deleted: boolean;
  /** Whether the repository has it. */
  readonly present: boolean;
  /** The tag asked for, as it is now. */
  readonly tag?: { readonly digest: Digest; readonly attributes: Attributes };
}

/** Whether a deleted manifest or tag is put back: a tag that names another manifest by now is moved only by force. */
export function decideRestore(
  facts: RestoreFacts,
  request: {
    readonly repository: RepositoryName;
    readonly digest: Digest;
    readonly tag?: Tag;
    readonly force: boolean;
  },
): RestoreOutcome {
  if (!facts.deleted && !facts.present) return { kind: 'manifest-unknown' };
  const { repository: attributes, tag } = facts;
  const locked = attributes && refusesWrite({ what: 'repository', name: request.repository, attributes });
  if (locked !== undefined) return locked;
  if (tag === undefined || request.tag === undefined || tag.digest === request.digest) return { kind: 'restored' };
  const kept = refusesWrite({ what: 'tag', name: request.tag, attributes: tag.attributes });
  if (kept !== undefined) return kept;
  return request.force ? { kind: 'restored' } : { kind: 'tag-exists', digest: tag.digest };
}
