import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { essence, isIndexType, isNonDistributable, MEDIA_TYPE, parseManifestMediaType } from './media-type.ts';

const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

describe('the essence of a Content-Type', () => {
  it('has no parameters, no surrounding space and no capitals', () => {
    assert.equal(essence(' Application/JSON ; charset=utf-8; x="a;b"'), 'application/json');
  });
  it('of nothing is nothing', () => assert.equal(essence(''), ''));
  it('of parameters alone is nothing', () => assert.equal(essence('; charset=utf-8'), ''));
});

describe('the type of a manifest', () => {
  for (const type of [MEDIA_TYPE.ociManifest, MEDIA_TYPE.ociIndex, MEDIA_TYPE.dockerManifest, MEDIA_TYPE.dockerList])
    it(`may be ${type}`, () => assert.equal(parseManifestMediaType(type), type));
  for (const type of [
    'application/vnd.docker.distribution.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    'application/vnd.oci.artifact.manifest.v1+json',
    'application/vnd.oci.image.config.v1+json',
    MEDIA_TYPE.json,
    '',
  ])
    it(`may not be ${type || 'absent'}`, () => assert.equal(parseManifestMediaType(type), undefined));
});

describe('an index', () => {
  it('is of the OCI or the Docker list type', () => {
    assert.deepEqual([MEDIA_TYPE.ociIndex, MEDIA_TYPE.dockerList].map(isIndexType), [true, true]);
  });
  it('is not of an image type', () => {
    assert.deepEqual([MEDIA_TYPE.ociManifest, MEDIA_TYPE.dockerManifest].map(isIndexType), [false, false]);
  });
});

describe('a layer that need not be distributed', () => {
  for (const type of [
    'application/vnd.oci.image.layer.nondistributable.v1.tar',
    'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  ])
    it(`is ${type}`, () => assert.equal(isNonDistributable(type), true));
  for (const type of [OCI_LAYER, 'application/vnd.docker.image.rootfs.diff.tar.gzip', `x-${OCI_LAYER}`])
    it(`is not ${type}`, () => assert.equal(isNonDistributable(type), false));
});
