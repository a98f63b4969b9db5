import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseScopes } from '../../src/access/scope.ts';
import { parseDigest } from '../../src/oci/digest.ts';
import { parseManifest, referencesOf } from '../../src/oci/manifest.ts';
import { essence, parseManifestMediaType } from '../../src/oci/media-type.ts';
import { parseChunkRange, parseRange } from '../../src/oci/range.ts';
import { parseReference, parseRepositoryName, parseTag } from '../../src/oci/reference.ts';
import { compileRoutes } from '../../src/registry/route.ts';
import { REGISTRY_ROUTES } from '../../src/registry/routes.ts';
import { mutatedText, pumped } from './mutate.ts';
import type { Target } from './target.ts';

const HEX = 'a'.repeat(64);
const name = fc.oneof(
  mutatedText(['hello-world', 'team/app', 'a/b_c/d__e/f-g.h', 'library/ubuntu', '../etc/passwd', 'A']),
  pumped(['a', '-', '_', '__', '.', '/', 'a-', 'a.', 'A']),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

/** The specification's own pattern, as it is written there. */
const SPECIFIED = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;

/** Names, tags and digests are those of the specification, in time that does not grow faster than they do. */
const names: Target = {
  name: 'oci-name',
  shortRuns: 2000,
  property: fc.property(name, (text) => {
    const taken = parseRepositoryName(text);
    if (text.length <= 255) assert.equal(taken !== undefined, SPECIFIED.test(text));
    else assert.equal(taken, undefined);
    if (taken !== undefined) assert.ok(!taken.split('/').includes('..') && !/[^a-z0-9._/-]/.test(taken));
    assert.equal(parseTag(text) !== undefined, /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/.test(text));
    const scopes = parseScopes([`repository:${text}:pull`]);
    if (scopes.kind === 'parsed' && taken === undefined) assert.ok(text.includes(':') || text.includes(' '), text);
  }),
};

const digests: Target = {
  name: 'oci-digest',
  shortRuns: 2000,
  property: fc.property(
    mutatedText([`sha256:${HEX}`, `sha512:${HEX}${HEX}`, `md5:${HEX.slice(32)}`, `sha256:${HEX.toUpperCase()}`, 'v1']),
    (text) => {
      const digest = parseDigest(text);
      assert.equal(digest !== undefined, /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text));
      const reference = parseReference(text);
      if (reference?.kind === 'digest') assert.equal(reference.digest, digest);
    },
  ),
};

const ranges: Target = {
  name: 'oci-range',
  shortRuns: 2000,
  property: fc.property(
    fc.oneof(
      mutatedText(['bytes=0-9', 'bytes=5-', 'bytes=-5', 'bytes=0-0,2-3', 'bytes 0-9/10', '0-9', 'bytes=9-1']),
      pumped(['bytes=', '0', '9', '-', ',', ' ']),
    ),
    fc.oneof(fc.nat(100), fc.constantFrom(0, 2 ** 40)),
    (text, size) => {
      const range = parseRange(text, size);
      if (range.kind === 'part')
        assert.ok(0 <= range.range.start && range.range.start <= range.range.end && range.range.end < size);
      const chunk = parseChunkRange(text);
      if (chunk !== undefined)
        assert.ok(Number.isSafeInteger(chunk.end) && 0 <= chunk.start && chunk.start <= chunk.end);
    },
  ),
};

const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${HEX}`, size: 2 };
const IMAGE = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: descriptor,
  layers: [{ ...descriptor, mediaType: 'application/vnd.oci.image.layer.v1.tar' }],
  subject: descriptor,
  annotations: { a: 'b' },
};
const INDEX = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [{ ...descriptor, platform: { os: 'linux', architecture: 'amd64' } }],
};
const manifestText = fc.oneof(
  mutatedText([JSON.stringify(IMAGE), JSON.stringify(INDEX)]),
  fc.json({ maxDepth: 5 }),
  fc
    .tuple(fc.constantFrom(IMAGE, INDEX), fc.constantFrom(...Object.keys(IMAGE), 'manifests', '__proto__'), fc.json())
    .map(([base, key, value]) => `{${JSON.stringify(key)}:${value},${JSON.stringify(base).slice(1)}`),
  pumped(['[', '{"a":', '{', '"', '\\', ']', '}']),
);

/** A manifest is what it says, or refused with a reason; what it names are digests. */
const manifests: Target = {
  name: 'oci-manifest',
  shortRuns: 2000,
  property: fc.property(
    manifestText,
    fc.constantFrom(undefined, IMAGE.mediaType, INDEX.mediaType, 'application/json', 'text/html; charset=x'),
    (text, contentType) => {
      const manifest = parseManifest(Buffer.from(text, 'utf8'), contentType);
      if (typeof manifest === 'string') return assert.ok(manifest.length > 0 && manifest.length < 10_000);
      assert.ok(parseManifestMediaType(manifest.mediaType));
      const { blobs, manifests: named } = referencesOf(manifest);
      for (const digest of [...blobs, ...named]) assert.equal(parseDigest(digest), digest);
      assert.ok(Number.isSafeInteger(manifest.imageSize) && manifest.imageSize >= 0);
      if (contentType !== undefined) assert.equal(essence(contentType), essence(essence(contentType)));
    },
  ),
};

const bind = compileRoutes(REGISTRY_ROUTES);

/** Every path leads to one route or to a refusal, and what a route is given of it was checked. */
const paths: Target = {
  name: 'oci-path',
  shortRuns: 3000,
  property: fc.property(
    fc.oneof(
      mutatedText([
        '/v2/',
        '/v2/team/app/manifests/v1',
        `/v2/team/app/blobs/sha256:${HEX}`,
        '/v2/a/blobs/uploads/00000000-0000-0000-0000-000000000000',
        `/v2/a/referrers/sha256:${HEX}`,
        '/v2/a%2fb/tags/list',
        '/acr/v1/a/b/_tags/v1',
        '/acr/v1/_catalog',
      ]),
      pumped(['/', '/v2', '/a', '/manifests', '/%2e', '%', '/blobs/uploads', '/tags/list']),
    ),
    fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'get'),
    (path, method) => {
      const bound = bind(method, path);
      if ('status' in bound) return assert.ok(bound.status >= 400 && bound.status < 500);
      if (bound.repository !== undefined) assert.equal(parseRepositoryName(bound.repository), bound.repository);
    },
  ),
};

/** What clients of registries write. */
export const OCI_TARGETS: readonly Target[] = [names, digests, ranges, manifests, paths];
