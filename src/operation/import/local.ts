import type { MetadataStore, RegistryUid } from '../../store/port.ts';
import { ImportError, type Source } from './source.ts';

/** Another registry of this server: its bytes are shared, not copied. `name` is for messages. */
export function localSource(
  metadata: Pick<MetadataStore, 'manifest'>,
  { uid, name }: { readonly uid: RegistryUid; readonly name: string },
): Source {
  return {
    manifest: async (repository, reference) => {
      const found = await metadata.manifest({ registry: uid, name: repository }, reference);
      const image = `${repository}${reference.kind === 'tag' ? `:${reference.tag}` : `@${reference.digest}`}`;
      if (found === undefined)
        throw new ImportError('SourceImageNotFound', `The image ${name}/${image} could not be had: it is not there.`);
      if (!found.readable)
        throw new ImportError(
          'SourceRefused',
          `The image ${name}/${image} could not be had: a lock forbids pulling it.`,
        );
      return { content: found.content, mediaType: found.mediaType };
    },
    blob: async ({ repository, digest, target, to }) => {
      if (!(await target.shareBlob({ registry: uid, name: repository }, to, digest)))
        throw new ImportError('SourceImageInvalid', `The blob ${digest} of ${name}/${repository} is not there.`);
    },
  };
}
