import type { ManifestTarget } from '../operation/import/import.ts';
import { ImportError } from '../operation/import/source.ts';
import type { RegistryServices } from '../registry/call.ts';
import { builtFor } from '../registry/image-config.ts';
import { keepBlob, type KeptBlob } from '../registry/keep-blob.ts';
import { type Locked, NoSpaceError, type Occasion, type RegistryUid, type RepositoryKey } from '../store/port.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { ServedRegistry } from './snapshot.ts';

/** What writing into a registry needs. */
export interface TargetServices {
  readonly content: RegistryServices;
  /** The registry as it is now; throws {@link ImportError} when it is gone. */
  readonly registry: () => ServedRegistry;
  /** What webhooks learn of it. */
  readonly occasion: () => Occasion;
  readonly now: () => number;
}

/** One registry of this server, as imports write to it. */
export function importTarget({ content, registry, occasion, now }: TargetServices): ManifestTarget {
  const { metadata } = content;
  const keyOf = (name: RepositoryName): RepositoryKey => ({ registry: registry().settings.uid, name });
  return {
    hasTag: async (name, tag) => (await metadata.tag(keyOf(name), tag)) !== undefined,
    hasManifest: async (name, digest) => (await metadata.manifestRecord(keyOf(name), digest)) !== undefined,
    hasBlob: async (name, digest) => (await metadata.blob(keyOf(name), digest)) !== undefined,
    putBlob: async (name, digest, bytes) => {
      const limit = registry().settings.maxBlobBytes;
      const kept = await keepBlob(content, { repository: keyOf(name), digest, bytes, limit, nowMs: now() });
      if (kept.kind === 'no-space') throw new ImportError('InsufficientStorage', FULL);
      if (kept.kind !== 'linked') throw new ImportError('ImportRefused', whyNotKept(kept, digest, limit));
    },
    shareBlob: async (from, to, digest) => {
      // Uids of registries enter the store's vocabulary where the server serves them.
      const source = { registry: from.registry as RegistryUid, name: from.name };
      const outcome = await metadata.shareBlob(source, keyOf(to), digest, now()).catch(noSpace);
      if (outcome.kind === 'locked') throw new ImportError('ImportRefused', lockText(outcome));
      return outcome.kind === 'mounted';
    },
    putManifest: async (name, received, tags) => {
      const repository = keyOf(name);
      const built = await builtFor(received.manifest, repository, content);
      const told = registry().announces ? { occasion: occasion() } : {};
      const put = { repository, ...received, tags, ...built, allowSparse: false, nowMs: now(), ...told };
      const outcome = await metadata.putManifest(put).catch(noSpace);
      if (outcome.kind === 'locked') throw new ImportError('ImportRefused', lockText(outcome));
      if (outcome.kind === 'references-unknown')
        throw new ImportError(
          'ImportRefused',
          `Content of ${received.digest} went while it was imported: ${outcome.digests.join(', ')}.`,
        );
    },
  };
}

const FULL = 'The disk of the registry is full.';

function noSpace(error: unknown): never {
  if (error instanceof NoSpaceError) throw new ImportError('InsufficientStorage', FULL, { cause: error });
  throw error;
}

function lockText({ what, name }: Locked): string {
  return `The ${what} ${name} is locked against writing: az acr repository update --write-enabled true unlocks it.`;
}

function whyNotKept(
  kept: Exclude<KeptBlob, { readonly kind: 'linked' | 'no-space' }>,
  digest: string,
  limit: number,
): string {
  switch (kept.kind) {
    case 'wrong-digest':
      return `The source sent ${kept.received} where ${digest} was asked for.`;
    case 'too-large':
      return `The blob ${digest} is larger than ${limit} bytes, the largest that this registry takes.`;
    case 'locked':
      return lockText(kept);
  }
}
