import type { MetadataStore, Occasion, PageRequest, RegistryUid, RepositoryKey } from '../store/port.ts';

/** How many entries are read at once. */
const PAGE = 500;
/** Whatever the policy says, a manifest stays this long without a tag, in ms: an image of several platforms comes in parts. */
const GRACE_MS = 60 * 60_000;
const DAY_MS = 86_400_000;

/** A registry's retention policy (learn.microsoft.com/azure/container-registry/container-registry-retention-policy). */
export interface Retention {
  readonly registry: RegistryUid;
  /** How long manifests without a tag are kept. */
  readonly days: number;
  /** Manifests that lost their last tag before the policy was switched on are left alone. */
  readonly sinceMs: number;
  /** What webhooks learn of it, where there are any. */
  readonly occasion?: Occasion;
}

type Store = Pick<MetadataStore, 'repositories' | 'unneededManifests' | 'retireManifest'>;

/**
 * Removes the manifests that have had no tag for as long as the policy says, and that nothing else needs: no index of the
 * repository names them, and they are attached to no manifest that is there. Answers how many went.
 */
export async function applyRetention(store: Store, retention: Retention, nowMs: number): Promise<number> {
  const beforeMs = nowMs - Math.max(GRACE_MS, retention.days * DAY_MS);
  let removed = 0;
  let last: string | undefined;
  for (;;) {
    const page = await store.repositories(retention.registry, pageAfter(last));
    for (const name of page.items)
      removed += await retainIn(store, { registry: retention.registry, name }, { retention, beforeMs, nowMs });
    last = page.items.at(-1);
    if (!page.more || last === undefined) return removed;
  }
}

function pageAfter(last: string | undefined): PageRequest {
  return last === undefined ? { limit: PAGE } : { limit: PAGE, last };
}

interface Bounds {
  readonly retention: Retention;
  readonly beforeMs: number;
  readonly nowMs: number;
}

/** The transaction that removes a manifest judges it again: what was pushed since may need it. */
async function retainIn(store: Store, key: RepositoryKey, { retention, beforeMs, nowMs }: Bounds): Promise<number> {
  const { occasion, sinceMs } = retention;
  const when = { beforeMs, nowMs, ...(occasion === undefined ? {} : { occasion }) };
  let removed = 0;
  for (;;) {
    const old = await store.unneededManifests(key, { sinceMs, beforeMs }, PAGE);
    let gone = 0;
    for (const digest of old) if (await store.retireManifest(key, digest, when)) gone += 1;
    removed += gone;
    if (gone === 0 || old.length < PAGE) return removed;
  }
}
