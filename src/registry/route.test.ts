import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRoutes } from './route.ts';
import { REGISTRY_ROUTES } from './routes.ts';

const find = compileRoutes(REGISTRY_ROUTES);
const DIGEST = `sha256:${'a'.repeat(64)}`;

/** What a request binds to: clause and repository; or status and code of its refusal. */
function bind(method: string, path: string): string {
  const bound = find(method, path);
  if (!('status' in bound)) return `${bound.route.spec} ${bound.repository ?? '-'}`;
  const { errors } = JSON.parse(bound.body.kind === 'bytes' ? String(bound.body.bytes) : '{}') as {
    errors: [{ code: string }];
  };
  return `${bound.status} ${errors[0].code}`;
}

const BOUND: readonly (readonly [string, string, string])[] = [
  ['GET', '/v2/', 'end-1 -'],
  ['GET', '/v2/team/app/manifests/latest', 'end-3 team/app'],
  ['GET', '/v2/team%2Fapp/manifests/latest', 'end-3 team/app'],
  ['GET', '/v2/team%2fapp/manifests/latest', 'end-3 team/app'],
  ['GET', `/v2/app/manifests/${DIGEST.replace(':', '%3A')}`, 'end-3 app'],
  ['GET', `/v2/app/blobs/sha512:${'a'.repeat(128)}`, 'end-2 app'],
  ['GET', '/acr/v1/team%2Fapp', 'acr team/app'],
  ['GET', '/acr/v1/team%2Fapp/_tags/v1', 'acr team/app'],
  ['PATCH', `/acr/v1/team/app/_manifests/${DIGEST}`, 'acr team/app'],
  ['PATCH', '/v2/a/blobs/uploads/0b1c-2D', 'end-5 a'],
];

const REFUSED: readonly (readonly [string, string, string])[] = [
  // traversal and encoded slashes
  ['GET', '/v2/team%252Fapp/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/..%2fapp/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/../app/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/%2e%2e/app/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/app/../../etc/passwd/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/app%5c..%5cx/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/app%00/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/app%0a/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/app/manifests/..%2f..%2fx', '400 MANIFEST_INVALID'],
  ['GET', `/v2/app/blobs/sha256:..%2f${'a'.repeat(61)}`, '400 DIGEST_INVALID'],
  ['GET', '/acr/v1/..%2f..%2fx', '400 NAME_INVALID'],
  ['GET', '/acr/v1/app/_tags/..%2fx', '400 MANIFEST_INVALID'],
  ['PATCH', '/v2/a/blobs/uploads/..%2f..%2fx', '404 BLOB_UPLOAD_UNKNOWN'],
  ['PATCH', '/v2/a/blobs/uploads/..', '404 BLOB_UPLOAD_UNKNOWN'],
  // malformed escapes
  ['GET', '/v2/app%/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/app%zz/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/app%c0%ae/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/app/manifests/%ff', '400 MANIFEST_INVALID'],
  ['GET', '/v2/app/blobs/%', '400 DIGEST_INVALID'],
  ['PATCH', '/v2/a/blobs/uploads/%e0%80', '404 BLOB_UPLOAD_UNKNOWN'],
  // bad names, tags and digests
  ['GET', '/v2/App/manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2//manifests/latest', '400 NAME_INVALID'],
  ['GET', '/v2/a//b/manifests/latest', '400 NAME_INVALID'],
  ['GET', `/v2/${'a'.repeat(256)}/manifests/latest`, '400 NAME_INVALID'],
  ['PUT', '/v2/app/manifests/.hidden', '400 MANIFEST_INVALID'],
  ['PUT', `/v2/app/manifests/${'t'.repeat(129)}`, '400 MANIFEST_INVALID'],
  ['PUT', '/v2/app/manifests/sha256:abc', '400 DIGEST_INVALID'],
  ['PUT', '/v2/app/manifests/sha256%3Aabc', '400 DIGEST_INVALID'],
  ['PUT', `/v2/app/manifests/md5:${'a'.repeat(32)}`, '400 DIGEST_INVALID'],
  ['GET', '/v2/app/blobs/latest', '400 DIGEST_INVALID'],
  ['GET', '/v2/app/referrers/latest', '400 DIGEST_INVALID'],
  // what is not there, and what is not possible
  ['GET', '/v3/', '404 UNSUPPORTED'],
  ['GET', '/v2/app/manifests/a/b', '404 UNSUPPORTED'],
  ['GET', '/v2/app%2Fmanifests%2Flatest', '404 UNSUPPORTED'],
  ['POST', '/v2/app/manifests/latest', '405 UNSUPPORTED'],
  ['OPTIONS', '/v2/', '405 UNSUPPORTED'],
  ['PUT', `/v2/app/blobs/${DIGEST}`, '405 UNSUPPORTED'],
  ['DELETE', '/v2/_catalog', '405 UNSUPPORTED'],
];

describe('a route of the data plane', () => {
  for (const [method, path, expected] of BOUND)
    it(`is found for ${method} ${path}`, () => assert.equal(bind(method, path), expected));
  for (const [method, path, expected] of REFUSED)
    it(`is refused for ${method} ${path.slice(0, 60)}`, () => assert.equal(bind(method, path), expected));

  it('that is refused for its method names those that are possible', () => {
    const refused = find('POST', '/v2/app/manifests/latest');
    assert.ok('status' in refused);
    assert.equal(refused.headers['allow'], 'GET, HEAD, PUT, DELETE');
  });

  it('says what is wrong with a parameter, and what is allowed', () => {
    const refused = find('GET', '/v2/App/manifests/latest');
    assert.ok('status' in refused && refused.body.kind === 'bytes');
    assert.match(String(refused.body.bytes), /invalid name: allowed is lower-case letters.*"detail":\{"name":"App"\}/);
  });

  it('never repeats a long parameter', () => {
    const refused = find('GET', `/v2/app/manifests/sha256:${'x'.repeat(30_000)}`);
    assert.ok('status' in refused && refused.body.kind === 'bytes');
    assert.ok(refused.body.bytes.length < 1000);
  });
});
