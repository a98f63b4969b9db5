import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { type Ask, jsonOf, refusalOf } from './client.ts';
import { blobPath, content, digestOf, imageOf, manifestPath, pushImage } from './push.ts';
import { openScene } from './scene.ts';

const ABSENT = digestOf('absent');
const IMAGE = imageOf();
const MANIFEST: Ask = { body: IMAGE.manifest.bytes, headers: { 'content-type': MEDIA_TYPE.ociManifest } };
const JSON_BODY: Ask = { headers: { 'content-type': 'application/json' } };

/** Clause, method, path, what goes with it, and the status with the code of a refusal. All find `app:v1` in place. */
const ROWS: readonly (readonly [string, string, string, Ask, string])[] = [
  ['end-1', 'GET', '/v2/', {}, '200'],
  ['end-1', 'HEAD', '/v2/', {}, '200'],
  ['end-1', 'GET', '/v2/', { authorization: '' }, '401 UNAUTHORIZED'],
  ['end-1', 'DELETE', '/v2/', {}, '405 UNSUPPORTED'],
  ['end-2', 'GET', blobPath('app', IMAGE.layer.digest), {}, '200'],
  ['end-2', 'HEAD', blobPath('app', IMAGE.layer.digest), {}, '200'],
  ['end-2', 'GET', blobPath('app', ABSENT), {}, '404 BLOB_UNKNOWN'],
  ['end-2', 'HEAD', blobPath('app', ABSENT), {}, '404'],
  ['end-2', 'GET', blobPath('other', IMAGE.layer.digest), {}, '404 BLOB_UNKNOWN'],
  ['end-2', 'GET', blobPath('app', 'sha256:short'), {}, '400 DIGEST_INVALID'],
  ['end-2', 'GET', blobPath('App', IMAGE.layer.digest), {}, '400 NAME_INVALID'],
  ['end-2', 'GET', blobPath('app', IMAGE.layer.digest), { headers: { range: 'bytes=0-0' } }, '206'],
  ['end-2', 'GET', blobPath('app', IMAGE.layer.digest), { headers: { range: 'bytes=99-' } }, '416 SIZE_INVALID'],
  ['end-2', 'GET', blobPath('app', IMAGE.layer.digest), { authorization: '' }, '401 UNAUTHORIZED'],
  ['end-3', 'GET', manifestPath('app', 'v1'), {}, '200'],
  ['end-3', 'HEAD', manifestPath('app', 'v1'), {}, '200'],
  ['end-3', 'GET', manifestPath('app', IMAGE.manifest.digest), {}, '200'],
  ['end-3', 'GET', manifestPath('app', 'v2'), {}, '404 MANIFEST_UNKNOWN'],
  ['end-3', 'HEAD', manifestPath('app', 'v2'), {}, '404'],
  ['end-3', 'GET', manifestPath('app', ABSENT), {}, '404 MANIFEST_UNKNOWN'],
  ['end-3', 'GET', manifestPath('other', 'v1'), {}, '404 MANIFEST_UNKNOWN'],
  ['end-3', 'GET', manifestPath('app', 'v1'), { authorization: '' }, '401 UNAUTHORIZED'],
  ['end-4a', 'POST', '/v2/app/blobs/uploads/', {}, '202'],
  ['end-4a', 'POST', '/v2/app/blobs/uploads', {}, '202'],
  ['end-4a', 'POST', '/v2/App/blobs/uploads/', {}, '400 NAME_INVALID'],
  ['end-4a', 'POST', '/v2/app/blobs/uploads/', { authorization: '' }, '401 UNAUTHORIZED'],
  ['end-4a', 'GET', '/v2/app/blobs/uploads/', {}, '405 UNSUPPORTED'],
  ['end-4a', 'POST', '/v2/app/blobs/uploads/?digest-algorithm=md5', {}, '400 DIGEST_INVALID'],
  ['end-4b', 'POST', `/v2/app/blobs/uploads/?digest=${digestOf('b')}`, { body: 'b' }, '201'],
  ['end-4b', 'POST', `/v2/app/blobs/uploads/?digest=${digestOf('b')}`, { body: 'c' }, '400 DIGEST_INVALID'],
  ['end-4b', 'POST', '/v2/app/blobs/uploads/?digest=sha256:b', { body: 'b' }, '400 DIGEST_INVALID'],
  ['end-5', 'PATCH', '/v2/app/blobs/uploads/unknown', { body: 'b' }, '404 BLOB_UPLOAD_UNKNOWN'],
  ['end-6', 'PUT', `/v2/app/blobs/uploads/unknown?digest=${ABSENT}`, {}, '404 BLOB_UPLOAD_UNKNOWN'],
  ['end-6', 'PUT', '/v2/app/blobs/uploads/unknown', {}, '400 DIGEST_INVALID'],
  ['end-7', 'PUT', manifestPath('app', 'v1'), MANIFEST, '201'],
  ['end-7', 'PUT', manifestPath('app', IMAGE.manifest.digest), MANIFEST, '201'],
  ['end-7', 'PUT', manifestPath('app', ABSENT), MANIFEST, '400 DIGEST_INVALID'],
  ['end-7', 'PUT', manifestPath('app', '.v1'), MANIFEST, '400 MANIFEST_INVALID'],
  ['end-7', 'PUT', manifestPath('app', 'v1'), { ...MANIFEST, body: '{' }, '400 MANIFEST_INVALID'],
  ['end-7', 'PUT', manifestPath('empty', 'v1'), MANIFEST, '404 MANIFEST_BLOB_UNKNOWN'],
  ['end-7', 'PUT', manifestPath('app', 'v1'), { ...MANIFEST, authorization: '' }, '401 UNAUTHORIZED'],
  ['end-7b', 'PUT', `${manifestPath('app', IMAGE.manifest.digest)}?tag=a&tag=b`, MANIFEST, '201'],
  ['end-7b', 'PUT', `${manifestPath('app', IMAGE.manifest.digest)}?tag=.a`, MANIFEST, '400 MANIFEST_INVALID'],
  ['end-7b', 'PUT', `${manifestPath('app', 'v1')}?tag=a`, MANIFEST, '400 MANIFEST_INVALID'],
  [
    'end-7b',
    'PUT',
    `${manifestPath('app', IMAGE.manifest.digest)}?${'tag=a&'.repeat(101)}`,
    MANIFEST,
    '414 MANIFEST_INVALID',
  ],
  ['end-8', 'GET', '/v2/app/tags/list', {}, '200'],
  ['end-8', 'GET', '/v2/app/tags/list?n=1&last=a', {}, '200'],
  ['end-8', 'GET', '/v2/app/tags/list?n=-1', {}, '400 UNSUPPORTED'],
  ['end-8', 'GET', '/v2/other/tags/list', {}, '404 NAME_UNKNOWN'],
  ['end-9', 'DELETE', manifestPath('app', 'v2'), {}, '404 MANIFEST_UNKNOWN'],
  ['end-9', 'DELETE', manifestPath('app', ABSENT), {}, '404 MANIFEST_UNKNOWN'],
  ['end-9', 'DELETE', manifestPath('other', 'v1'), {}, '404 NAME_UNKNOWN'],
  ['end-9', 'DELETE', manifestPath('app', 'v1'), { authorization: '' }, '401 UNAUTHORIZED'],
  ['end-10', 'DELETE', blobPath('app', ABSENT), {}, '404 BLOB_UNKNOWN'],
  ['end-10', 'DELETE', blobPath('other', ABSENT), {}, '404 NAME_UNKNOWN'],
  ['end-12', 'GET', `/v2/app/referrers/${IMAGE.manifest.digest}`, {}, '200'],
  ['end-12', 'GET', `/v2/app/referrers/${ABSENT}`, {}, '200'],
  ['end-12', 'GET', '/v2/app/referrers/v1', {}, '400 DIGEST_INVALID'],
  ['end-13', 'GET', '/v2/app/blobs/uploads/unknown', {}, '404 BLOB_UPLOAD_UNKNOWN'],
  ['end-14', 'DELETE', '/v2/app/blobs/uploads/unknown', {}, '404 BLOB_UPLOAD_UNKNOWN'],
  ['catalog', 'GET', '/v2/_catalog', {}, '200'],
  ['catalog', 'GET', '/v2/_catalog?n=x', {}, '400 UNSUPPORTED'],
  ['catalog', 'GET', '/v2/_catalog', { authorization: '' }, '401 UNAUTHORIZED'],
  ['acr', 'GET', '/acr/v1/_catalog', {}, '200'],
  ['acr', 'GET', '/acr/v1/app', {}, '200'],
  ['acr', 'GET', '/acr/v1/other', {}, '404 NAME_UNKNOWN'],
  ['acr', 'GET', '/acr/v1/app/_tags', {}, '200'],
  ['acr', 'GET', '/acr/v1/app/_tags?orderby=size', {}, '400 UNSUPPORTED'],
  ['acr', 'GET', '/acr/v1/app/_tags?digest=x', {}, '400 DIGEST_INVALID'],
  ['acr', 'GET', '/acr/v1/app/_tags/v1', {}, '200'],
  ['acr', 'GET', '/acr/v1/app/_tags/v2', {}, '404 TAG_UNKNOWN'],
  ['acr', 'DELETE', '/acr/v1/app/_tags/v2', {}, '404 TAG_UNKNOWN'],
  ['acr', 'GET', '/acr/v1/app/_manifests', {}, '200'],
  ['acr', 'GET', `/acr/v1/app/_manifests/${IMAGE.manifest.digest}`, {}, '200'],
  ['acr', 'GET', `/acr/v1/app/_manifests/${ABSENT}`, {}, '404 MANIFEST_UNKNOWN'],
  ['acr', 'PATCH', '/acr/v1/app', { ...JSON_BODY, body: '{}' }, '200'],
  ['acr', 'PATCH', '/acr/v1/app', { ...JSON_BODY, body: '{"writeEnabled":"no"}' }, '400 UNSUPPORTED'],
  ['acr', 'PATCH', '/acr/v1/app', { ...JSON_BODY, body: '{"colour":true}' }, '400 UNSUPPORTED'],
  ['acr', 'PATCH', '/acr/v1/app', { ...JSON_BODY, body: '[' }, '400 UNSUPPORTED'],
  ['acr', 'PATCH', '/acr/v1/other', { ...JSON_BODY, body: '{}' }, '404 NAME_UNKNOWN'],
  ['acr', 'PATCH', '/acr/v1/app/_tags/v2', { ...JSON_BODY, body: '{}' }, '404 TAG_UNKNOWN'],
  ['acr', 'DELETE', '/acr/v1/other', {}, '404 NAME_UNKNOWN'],
  ['acr', 'DELETE', '/acr/v1/app', { authorization: '' }, '401 UNAUTHORIZED'],
  ['none', 'GET', '/', {}, '404 UNSUPPORTED'],
  ['none', 'GET', '/v3/', {}, '404 UNSUPPORTED'],
];

describe('the endpoints of the data plane', () => {
  const scene = openScene();
  before(async () => {
    await pushImage(scene().client, 'app', 'v1');
  });

  for (const [spec, method, path, ask, expected] of ROWS)
    it(`${spec}: ${method} ${path.slice(0, 70)} ${ask.authorization === '' ? 'of nobody ' : ''}answers ${expected}`, async () => {
      const answer = await scene().client.send(method, path, ask);
      const actual = answer.status < 300 ? String(answer.status) : refusalOf(answer);
      assert.equal(actual, expected, answer.body.toString());
      assert.match(answer.headers['x-ms-correlation-request-id']?.toString() ?? '', /^[0-9a-f-]{36}$/);
      if (answer.status >= 400) assert.equal(answer.headers['content-type'], 'application/json');
    });

  it('end-1 says which version of the API it is', async () => {
    const { headers, body } = await scene().client.send('GET', '/v2/');
    assert.deepEqual([headers['docker-distribution-api-version'], body.toString()], ['registry/2.0', '{}']);
  });

  it('end-3 answers byte for byte what was pushed, of the type it was pushed with', async () => {
    const spaced = content(`\n${IMAGE.manifest.bytes.toString().replaceAll(',', ' ,\t')}\n`, MEDIA_TYPE.ociManifest);
    const put = await scene().client.send('PUT', manifestPath('app', 'spaced'), { ...MANIFEST, body: spaced.bytes });
    assert.equal(put.headers['docker-content-digest'], spaced.digest);
    const { headers, body } = await scene().client.send('GET', manifestPath('app', 'spaced'));
    assert.ok(body.equals(spaced.bytes));
    assert.equal(headers['content-type'], MEDIA_TYPE.ociManifest);
    assert.equal(headers['docker-content-digest'], spaced.digest);
  });

  it('end-2 and end-3 say in HEAD what they say in GET', async () => {
    for (const path of [blobPath('app', IMAGE.layer.digest), manifestPath('app', 'v1')]) {
      const head = await scene().client.send('HEAD', path);
      const get = await scene().client.send('GET', path);
      assert.equal(head.body.length, 0);
      for (const name of ['content-length', 'content-type', 'docker-content-digest', 'etag'])
        assert.equal(head.headers[name], get.headers[name], name);
    }
  });

  it('end-7b puts all tags at once, and end-9 deletes a tag alone, and a manifest with its tags', async () => {
    const { client } = scene();
    const { manifest } = await pushImage(client, 'tagged', 'first');
    const path = manifestPath('tagged', manifest.digest);
    const put = await client.send('PUT', `${path}?tag=second&tag=third`, MANIFEST);
    assert.equal(put.headers['oci-tag'], 'second, third');
    const tags = async () => jsonOf<{ tags: string[] }>(await client.send('GET', '/v2/tagged/tags/list')).tags;
    assert.deepEqual(await tags(), ['first', 'second', 'third']);
    assert.equal((await client.send('DELETE', manifestPath('tagged', 'second'))).status, 202);
    assert.deepEqual(await tags(), ['first', 'third']);
    assert.equal((await client.send('GET', path)).status, 200);
    assert.equal((await client.send('DELETE', path)).status, 202);
    assert.deepEqual(await tags(), []);
    assert.equal(refusalOf(await client.send('GET', path)), '404 MANIFEST_UNKNOWN');
  });

  it('end-10 removes a blob from one repository and leaves it in another', async () => {
    const { client } = scene();
    const { layer } = await pushImage(client, 'one', 'v1');
    await pushImage(client, 'two', 'v1');
    assert.equal((await client.send('DELETE', blobPath('one', layer.digest))).status, 202);
    assert.equal(refusalOf(await client.send('GET', blobPath('one', layer.digest))), '404 BLOB_UNKNOWN');
    assert.ok((await client.send('GET', blobPath('two', layer.digest))).body.equals(layer.bytes));
  });
});
