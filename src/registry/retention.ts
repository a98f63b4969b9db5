import type { Digest } from '../oci/digest.ts';
import { parseManifest } from '../oci/manifest.ts';
import { isIndexType, parseManifestMediaType } from '../oci/media-type.ts';
import type {
  ManifestRecord,
  MetadataStore,
  Occasion,
  PageRequest,
  RegistryUid,
  RepositoryKey,
} from '../store/port.ts';

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

type Store = Pick<MetadataStore, 'repositories' | 'manifests' | 'manifest' | 'manifestRecord' | 'removeUntagged'>;

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

async function retainIn(store: Store, key: RepositoryKey, { retention, beforeMs, nowMs }: Bounds): Promise<number> {
  const { occasion } = retention;
  const when = { beforeMs, nowMs, ...(occasion === undefined ? {} : { occasion }) };
  const old = await oldWithoutTag(store, key, { sinceMs: retention.sinceMs, beforeMs });
  if (old.length === 0) return 0;
  const named = await namedByIndexes(store, key);
  let removed = 0;
  for (const { digest } of old) {
    if (named.has(digest) || (await isAttached(store, key, digest))) continue;
    if (await store.removeUntagged(key, digest, when)) removed += 1;
  }
  return removed;
}

async function oldWithoutTag(
  store: Store,
  key: RepositoryKey,
  { sinceMs, beforeMs }: { readonly sinceMs: number; readonly beforeMs: number },
): Promise<readonly ManifestRecord[]> {
  const found: ManifestRecord[] = [];
  let last: string | undefined;
  for (;;) {
    const page = await store.manifests(key, pageAfter(last), 'timeasc');
    for (const record of page?.items ?? []) {
      if (record.updatedMs > beforeMs) return found;
      const { deleteEnabled, writeEnabled } = record.attributes;
      if (record.tags.length === 0 && record.updatedMs >= sinceMs && deleteEnabled && writeEnabled) found.push(record);
    }
    last = page?.items.at(-1)?.digest;
    if (page?.more !== true || last === undefined) return found;
  }
}

/** The manifests that indexes of the repository name, whether these have tags or not. */
async function namedByIndexes(store: Store, key: RepositoryKey): Promise<ReadonlySet<Digest>> {
  const named = new Set<Digest>();
  let last: string | undefined;
  for (;;) {
    const page = await store.manifests(key, pageAfter(last), 'name');
    for (const { digest, mediaType } of page?.items ?? [])
      if (isIndex(mediaType)) for (const one of await namesIn(store, key, digest)) named.add(one);
    last = page?.items.at(-1)?.digest;
    if (page?.more !== true || last === undefined) return named;
  }
}

function isIndex(mediaType: string): boolean {
  const type = parseManifestMediaType(mediaType);
  return type !== undefined && isIndexType(type);
}

async function namesIn(store: Store, key: RepositoryKey, digest: Digest): Promise<readonly Digest[]> {
  const manifest = await read(store, key, digest);
  return manifest?.manifests.map((one) => one.digest) ?? [];
}

/** Whether a manifest is a signature, SBOM or the like of one that is there. */
async function isAttached(store: Store, key: RepositoryKey, digest: Digest): Promise<boolean> {
  const subject = (await read(store, key, digest))?.subject;
  return subject !== undefined && (await store.manifestRecord(key, subject.digest)) !== undefined;
}

async function read(store: Store, key: RepositoryKey, digest: Digest) {
  const served = await store.manifest(key, { kind: 'digest', digest });
  const manifest = served === undefined ? undefined : parseManifest(served.content, served.mediaType);
  return typeof manifest === 'string' ? undefined : manifest;
}
