import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Manifest, parseManifest, referencesOf } from './manifest.ts';
import { MEDIA_TYPE } from './media-type.ts';

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const EMPTY_CONFIG = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
};

function descriptor(hexDigit: string, mediaType: string, size = 10) {
  return { mediaType, digest: `sha256:${hexDigit.repeat(64)}`, size };
}

const CONFIG = descriptor('c', OCI_CONFIG);
const LAYER = descriptor('1', OCI_LAYER);
const IMAGE = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config: CONFIG, layers: [LAYER] };
const ENTRY = descriptor('e', MEDIA_TYPE.ociManifest, 500);
const INDEX = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [ENTRY] };

function parse(content: unknown, contentType?: string): Manifest | string {
  return parseManifest(Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)), contentType);
}

function accepted(content: unknown, contentType?: string): Manifest {
  const manifest = parse(content, contentType);
  assert.ok(typeof manifest !== 'string', `refused: ${JSON.stringify(manifest)}`);
  return manifest;
}

function refused(content: unknown, contentType?: string): string {
  const problem = parse(content, contentType);
  assert.ok(typeof problem === 'string', 'was accepted');
  return problem;
}

describe('an image manifest', () => {
  it('of OCI names its config and layers', () => {
    const manifest = accepted(IMAGE, MEDIA_TYPE.ociManifest);
    assert.deepEqual(
      [manifest.kind, manifest.config, manifest.layers, manifest.imageSize],
      ['image', CONFIG, [LAYER], 20],
    );
  });

  it('of Docker schema 2 does too', () => {
    const docker = { ...IMAGE, mediaType: MEDIA_TYPE.dockerManifest };
    assert.equal(accepted(docker, MEDIA_TYPE.dockerManifest).mediaType, MEDIA_TYPE.dockerManifest);
  });

  it('has the type of its config as artifact type', () => {
    assert.equal(accepted(IMAGE).artifactType, OCI_CONFIG);
  });

  it('with an empty config is an artifact of its own type', () => {
    const artifact = { ...IMAGE, artifactType: 'application/x.sbom', config: EMPTY_CONFIG, layers: [EMPTY_CONFIG] };
    assert.equal(accepted(artifact).artifactType, 'application/x.sbom');
    assert.deepEqual(referencesOf(accepted(artifact)).blobs, [EMPTY_CONFIG.digest]);
  });

  it('may have no layers', () => assert.deepEqual(accepted({ ...IMAGE, layers: [] }).layers, []));

  it('may have a subject, which need not be present', () => {
    const manifest = accepted({ ...IMAGE, subject: ENTRY });
    assert.deepEqual(manifest.subject, ENTRY);
    assert.deepEqual(referencesOf(manifest), { blobs: [CONFIG.digest, LAYER.digest], manifests: [] });
  });

  it('may say null for what it has not, as Go programs do', () => {
    const manifest = accepted({ ...IMAGE, subject: null, annotations: null });
    assert.deepEqual([manifest.subject, manifest.annotations], [undefined, undefined]);
  });

  it('needs no layer that is not to be distributed', () => {
    const foreign = descriptor('f', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');
    const plain = descriptor('2', 'application/vnd.docker.image.rootfs.diff.tar.gzip');
    const manifest = accepted({ ...IMAGE, layers: [foreign, plain] });
    assert.equal(manifest.layers.length, 2);
    assert.deepEqual(referencesOf(manifest).blobs, [CONFIG.digest, plain.digest]);
  });

  it('needs a layer named twice once', () => {
    assert.deepEqual(referencesOf(accepted({ ...IMAGE, layers: [LAYER, LAYER] })).blobs, [CONFIG.digest, LAYER.digest]);
  });

  it('may mix sha256 and sha512', () => {
    const strong = { ...LAYER, digest: `sha512:${'b'.repeat(128)}` };
    assert.deepEqual(referencesOf(accepted({ ...IMAGE, layers: [strong] })).blobs, [CONFIG.digest, strong.digest]);
  });
});

describe('an index', () => {
  it('lists manifests', () => {
    const index = accepted(INDEX, MEDIA_TYPE.ociIndex);
    assert.deepEqual([index.kind, index.manifests, index.imageSize], ['index', [ENTRY], 500]);
    assert.deepEqual(referencesOf(index), { blobs: [], manifests: [ENTRY.digest] });
  });

  it('may list an index', () => {
    const nested = descriptor('d', MEDIA_TYPE.ociIndex);
    assert.deepEqual(referencesOf(accepted({ ...INDEX, manifests: [nested] })).manifests, [nested.digest]);
  });

  it('may be empty', () => assert.deepEqual(accepted({ ...INDEX, manifests: [] }).manifests, []));

  it('of Docker is a manifest list', () => {
    const list = { ...INDEX, mediaType: MEDIA_TYPE.dockerList };
    assert.equal(accepted(list, MEDIA_TYPE.dockerList).kind, 'index');
  });

  it('may have an artifact type and a subject', () => {
    const index = accepted({ ...INDEX, artifactType: 'a/b', subject: ENTRY });
    assert.deepEqual([index.artifactType, index.subject], ['a/b', ENTRY]);
  });

  it('has no artifact type of its own accord', () => assert.equal(accepted(INDEX).artifactType, undefined));

  it('with the layers of an image is refused, whichever it may be', () => {
    assert.match(refused({ ...INDEX, layers: [] }), /index must not have a config or layers/);
    assert.match(refused({ ...INDEX, config: CONFIG }), /index must not have a config or layers/);
  });

  it('and an image in one is refused, whichever it may be', () => {
    assert.match(refused({ ...IMAGE, manifests: [] }), /image manifest must not have manifests/);
  });
});

describe('the type of a manifest', () => {
  it('is that of the header where the manifest says none', () => {
    const { mediaType: _, ...silent } = IMAGE;
    assert.equal(accepted(silent, `${MEDIA_TYPE.ociManifest}; charset=utf-8`).mediaType, MEDIA_TYPE.ociManifest);
  });
  it('is its own where the header says none, or JSON, or bytes', () => {
    for (const header of [undefined, '', 'application/json; charset=utf-8', 'application/octet-stream'])
      assert.equal(accepted(IMAGE, header).mediaType, MEDIA_TYPE.ociManifest);
  });
  it('must be stated somewhere', () => {
    const { mediaType: _, ...silent } = IMAGE;
    assert.match(refused(silent), /media type "" is not an OCI or Docker schema 2 manifest/);
  });
  it('must be one', () => {
    assert.match(refused(IMAGE, MEDIA_TYPE.dockerManifest), /but the Content-Type header says application\/vnd.docker/);
    assert.match(refused({ ...IMAGE, mediaType: 7 }), /mediaType is not a string/);
  });
  it('must be one that is known', () => {
    assert.match(refused({ ...IMAGE, mediaType: 'text/plain' }), /media type "text\/plain" is not/);
    assert.match(refused({ ...IMAGE, mediaType: 'constructor' }, 'constructor'), /media type "constructor" is not/);
  });
  it('is not Docker schema 1', () => {
    const schema1 = { schemaVersion: 1, name: 'a', tag: 'b', fsLayers: [], history: [], signatures: [] };
    assert.match(refused(schema1, 'application/vnd.docker.distribution.manifest.v1+prettyjws'), /is not an OCI/);
    assert.match(refused(schema1, MEDIA_TYPE.dockerManifest), /schemaVersion is 1, must be 2/);
  });
});

/** Text or JSON that no manifest is, and what is said about it. */
const MALFORMED: readonly (readonly [string, unknown, RegExp])[] = [
  ['empty text', '', /is not JSON$/],
  ['text', 'hello', /is not JSON$/],
  ['JSON cut short', '{"schemaVersion":2', /is not JSON$/],
  ['two objects', '{}{}', /is not JSON$/],
  ['JSON behind a byte order mark', `\uFEFF${JSON.stringify(IMAGE)}`, /is not JSON$/],
  ['null', null, /is not a JSON object$/],
  ['a list', [IMAGE], /is not a JSON object$/],
  ['text as schemaVersion', { ...IMAGE, schemaVersion: '2' }, /schemaVersion is "2", must be 2/],
  ['no config', { ...IMAGE, config: undefined }, /^config is not an object$/],
  ['an empty config', { ...IMAGE, config: {} }, /^config has no mediaType$/],
  ['no layers', { ...IMAGE, layers: undefined }, /^layers is not a list$/],
  ['an object as layers', { ...IMAGE, layers: {} }, /^layers is not a list$/],
  ['a bad second layer', { ...IMAGE, layers: [LAYER, { ...LAYER, size: -1 }] }, /^layers\[1\] has size -1/],
  ['no manifests', { ...INDEX, manifests: undefined }, /^manifests is not a list$/],
  ['a bad entry', { ...INDEX, manifests: [{ ...ENTRY, digest: '' }] }, /^manifests\[0\] has digest ""/],
  ['a bad subject', { ...IMAGE, subject: 'x' }, /^subject is not an object$/],
  ['a number as artifactType', { ...IMAGE, artifactType: 1 }, /^artifactType is not a string$/],
  ['a number as annotation', { ...IMAGE, annotations: { a: 1 } }, /^the manifest has annotation "a"/],
  ['text as annotations', { ...INDEX, annotations: 'a' }, /^the manifest has annotations that are not an object$/],
  [
    'sizes that add up to more than a number holds exactly',
    { ...IMAGE, layers: [LAYER, { ...LAYER, size: Number.MAX_SAFE_INTEGER }] },
    /^the sizes add up to more than/,
  ],
];

describe('a manifest is not', () => {
  for (const [what, content, says] of MALFORMED) it(what, () => assert.match(refused(content), says));

  it('bytes that are no UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"schemaVersion":2,"a":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]);
    assert.equal(parseManifest(bytes, undefined), 'the manifest is not UTF-8 text');
    assert.equal(parseManifest(Buffer.from([0xed, 0xa0, 0x80]), undefined), 'the manifest is not UTF-8 text');
  });
});

describe('hostile JSON', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const withNesting = (levels: number) => `{"x":${nested(levels)},${JSON.stringify(IMAGE).slice(1)}`;

  it('64 levels deep is read', () => assert.equal(accepted(withNesting(63)).kind, 'image'));
  it('65 levels deep is refused', () => assert.match(refused(withNesting(64)), /nests deeper than 64 levels/));
  it('4 MiB of brackets is refused', () => {
    for (const bracket of ['[', '{"a":', '{']) assert.match(refused(bracket.repeat(700_000)), /nests deeper than/);
  });
  it('4 MiB of closing brackets is refused', () => assert.match(refused(']'.repeat(4_000_000)), /is not JSON$/));
  it('has brackets within strings that do not count', () => {
    const text = `\\"${'[{'.repeat(100)}\\\\`;
    const manifest = accepted(JSON.stringify(IMAGE).replace('{', `{"x":"${text}",`));
    assert.equal(manifest.kind, 'image');
  });
  it('cannot hide depth behind an escaped quote', () => {
    assert.match(refused(`{"a":"\\\\",${`"b":${nested(70)}`}}`), /nests deeper than/);
  });
  it('with a key twice is read as its last value alone, throughout', () => {
    const twice = JSON.stringify(INDEX).replace('{', `{"mediaType":"${MEDIA_TYPE.ociManifest}","manifests":7,`);
    assert.equal(accepted(twice, MEDIA_TYPE.ociIndex).kind, 'index');
    assert.match(refused(twice, MEDIA_TYPE.ociManifest), /but the Content-Type header says/);
  });
  it('cannot set a prototype', () => {
    const text = JSON.stringify(IMAGE).replace('{', '{"__proto__":{"subject":7,"artifactType":7},');
    const manifest = accepted(text);
    assert.deepEqual([manifest.subject, manifest.artifactType], [undefined, OCI_CONFIG]);
    assert.equal(({} as { subject?: unknown }).subject, undefined);
  });
  it('as large as a manifest may be, all layers, is read', () => {
    const count = Math.floor((4 * 1024 * 1024 - 400) / (JSON.stringify(LAYER).length + 1));
    const manifest = accepted({ ...IMAGE, layers: Array.from({ length: count }, () => LAYER) });
    assert.equal(manifest.layers.length, count);
    assert.equal(referencesOf(manifest).blobs.length, 2);
  });
  it('of any kind is answered, never thrown', () => {
    const key = fc.constantFrom(
      'schemaVersion',
      'mediaType',
      'config',
      'layers',
      'manifests',
      'subject',
      'annotations',
    );
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(2, MEDIA_TYPE.ociIndex, CONFIG, [LAYER], [ENTRY]));
    const type = fc.option(fc.constantFrom(...Object.values(MEDIA_TYPE)), { nil: undefined });
    fc.assert(
      fc.property(fc.dictionary(key, value), type, (content, contentType) => {
        const manifest = parse({ schemaVersion: 2, ...content }, contentType);
        assert.ok(typeof manifest === 'string' || Number.isSafeInteger(manifest.imageSize));
      }),
      { numRuns: 1000 },
    );
  });
  it('of any bytes is answered, never thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.equal(typeof parseManifest(bytes, MEDIA_TYPE.ociIndex), 'string');
      }),
    );
  });
});
