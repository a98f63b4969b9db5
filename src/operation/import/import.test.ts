import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { type Digest, parseDigest } from '../../oci/digest.ts';
import { MEDIA_TYPE } from '../../oci/media-type.ts';
import { importImage, type ManifestTarget } from './import.ts';
import { type ImportRequest, readImport } from './request.ts';
import { ImportError, type Source } from './source.ts';

function digestOf(bytes: Buffer): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  assert.ok(digest !== undefined);
  return digest;
}

function manifestOf(fields: object): { readonly content: Buffer; readonly digest: Digest } {
  const content = Buffer.from(JSON.stringify({ schemaVersion: 2, ...fields }));
  return { content, digest: digestOf(content) };
}

const BLOB = digestOf(Buffer.from('a layer'));
const CONFIG = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: BLOB, size: 7 };
const IMAGE = manifestOf({ mediaType: MEDIA_TYPE.ociManifest, config: CONFIG, layers: [] });

function indexOf(...digests: readonly Digest[]): { readonly content: Buffer; readonly digest: Digest } {
  const manifests = digests.map((digest) => ({ mediaType: MEDIA_TYPE.ociManifest, digest, size: 1 }));
  return manifestOf({ mediaType: MEDIA_TYPE.ociIndex, manifests });
}

/** A source that answers what it is told to, in whatever way it lies. */
function sourceOf(root: Buffer, children: ReadonlyMap<string, Buffer>): Source {
  return {
    manifest: async (_, reference) => {
      const content = reference.kind === 'tag' ? root : children.get(reference.digest);
      if (content === undefined) throw new ImportError('SourceImageNotFound', 'not there');
      return { content, mediaType: '' };
    },
    blob: async ({ digest, target, to }) => target.putBlob(to, digest, new Blob().stream()),
  };
}

/** A target that remembers in what order things came. */
function recorder(tags: readonly string[] = []): ManifestTarget & { readonly steps: string[] } {
  const steps: string[] = [];
  return {
    steps,
    hasTag: async (_, tag) => tags.includes(tag),
    hasManifest: async () => false,
    hasBlob: async (_, digest) => steps.includes(`blob ${digest}`),
    putBlob: async (_, digest) => {
      steps.push(`blob ${digest}`);
    },
    shareBlob: async () => true,
    putManifest: async (_, { digest }, named) => {
      steps.push([`manifest ${digest}`, ...named].join(' '));
    },
  };
}

function request(): ImportRequest {
  const read = readImport({ source: { registryUri: 'docker.io', sourceImage: 'library/app:v1' } });
  assert.ok(!('code' in read));
  return read;
}

describe('bringing an image', () => {
  it('brings what it names before it, each once, and the tag last', async () => {
    const target = recorder();
    const index = indexOf(IMAGE.digest);
    await importImage(request(), sourceOf(index.content, new Map([[IMAGE.digest, IMAGE.content]])), target);
    assert.deepEqual(target.steps, [`blob ${BLOB}`, `manifest ${IMAGE.digest}`, `manifest ${index.digest} v1`]);
  });

  it('takes no manifest for another', async () => {
    const target = recorder();
    const index = indexOf(IMAGE.digest);
    const lying = sourceOf(index.content, new Map([[IMAGE.digest, indexOf().content]]));
    await assert.rejects(importImage(request(), lying, target), /answered sha256:.* where sha256:/);
    assert.deepEqual(target.steps, []);
  });

  it('takes no manifest that is none, nor indexes within indexes without end', async () => {
    const broken = sourceOf(Buffer.from('<html>'), new Map());
    await assert.rejects(importImage(request(), broken, recorder()), /cannot be imported: .*JSON/);
    let inner = indexOf();
    const children = new Map([[inner.digest, inner.content]]);
    for (let depth = 0; depth < 6; depth++) {
      inner = indexOf(inner.digest);
      children.set(inner.digest, inner.content);
    }
    await assert.rejects(importImage(request(), sourceOf(inner.content, children), recorder()), /more than 5 deep/);
  });

  it('asks nothing of the source where the tag is taken', async () => {
    const target = recorder(['v1']);
    await assert.rejects(importImage(request(), sourceOf(IMAGE.content, new Map()), target), /v1 already exists/);
    assert.deepEqual(target.steps, []);
  });
});
