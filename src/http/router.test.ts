import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileRouter, type RoutePattern } from './router.ts';

const ROUTES: readonly RoutePattern[] = [
  { method: 'GET', path: '/v2/' },
  { method: 'GET', path: '/v2/_catalog' },
  { method: 'GET', path: '/v2/{name}/manifests/{reference}' },
  { method: 'PUT', path: '/v2/{name}/manifests/{reference}' },
  { method: 'POST', path: '/v2/{name}/blobs/uploads/' },
  { method: 'PATCH', path: '/v2/{name}/blobs/uploads/{upload}' },
  { method: 'GET', path: '/v2/{name}/blobs/{digest}' },
  { method: 'GET', path: '/v2/{name}/tags/list' },
  { method: 'GET', path: '/acr/v1/_catalog' },
  { method: 'GET', path: '/acr/v1/{name}/_tags/{tag}' },
  { method: 'GET', path: '/acr/v1/{name}' },
  { method: 'DELETE', path: '/acr/v1/{name}' },
];

const find = compileRouter(ROUTES);

/** Method, path, what is found: a pattern and its parameters, or the methods allowed, or nothing. */
const LOOKUPS: readonly (readonly [string, string, string, Readonly<Record<string, string>>?])[] = [
  ['GET', '/v2/', '/v2/', {}],
  ['GET', '/v2', 'not-found'],
  ['GET', '/V2/', 'not-found'],
  ['GET', '/v2//', 'not-found'],
  ['GET', '//v2/', 'not-found'],
  ['GET', '/', 'not-found'],
  ['GET', '/v2/_catalog', '/v2/_catalog', {}],
  ['GET', '/v2/_catalog/', 'not-found'],
  ['GET', '/v2/a/manifests/b', '/v2/{name}/manifests/{reference}', { name: 'a', reference: 'b' }],
  ['GET', '/v2/a/b/c/manifests/d', '/v2/{name}/manifests/{reference}', { name: 'a/b/c', reference: 'd' }],
  [
    'GET',
    '/v2/manifests/manifests/manifests',
    '/v2/{name}/manifests/{reference}',
    { name: 'manifests', reference: 'manifests' },
  ],
  [
    'GET',
    '/v2/a/blobs/uploads/manifests/b',
    '/v2/{name}/manifests/{reference}',
    { name: 'a/blobs/uploads', reference: 'b' },
  ],
  ['GET', '/v2/a%2Fb/manifests/%63', '/v2/{name}/manifests/{reference}', { name: 'a%2Fb', reference: '%63' }],
  ['GET', '/v2//manifests/b', '/v2/{name}/manifests/{reference}', { name: '', reference: 'b' }],
  ['GET', '/v2/a//b/manifests/c', '/v2/{name}/manifests/{reference}', { name: 'a//b', reference: 'c' }],
  ['GET', '/v2/../manifests/b', '/v2/{name}/manifests/{reference}', { name: '..', reference: 'b' }],
  ['GET', '/v2/manifests/b', 'not-found'],
  ['GET', '/v2/a/manifests/', 'not-found'],
  ['GET', '/v2/a/manifests', 'not-found'],
  ['GET', '/v2/a/manifests%2Fb', 'not-found'],
  ['POST', '/v2/a/blobs/uploads/', '/v2/{name}/blobs/uploads/', { name: 'a' }],
  ['PATCH', '/v2/a/b/blobs/uploads/u', '/v2/{name}/blobs/uploads/{upload}', { name: 'a/b', upload: 'u' }],
  ['GET', '/v2/a/blobs/d', '/v2/{name}/blobs/{digest}', { name: 'a', digest: 'd' }],
  ['GET', '/v2/a/manifests/tags/list', '/v2/{name}/tags/list', { name: 'a/manifests' }],
  ['GET', '/v2/a/tags/other', 'not-found'],
  ['GET', '/acr/v1/_catalog', '/acr/v1/_catalog', {}],
  ['GET', '/acr/v1/a/b', '/acr/v1/{name}', { name: 'a/b' }],
  ['GET', '/acr/v1/a/_tags/b', '/acr/v1/{name}/_tags/{tag}', { name: 'a', tag: 'b' }],
  ['POST', '/v2/a/manifests/b', 'GET, PUT'],
  ['get', '/v2/a/manifests/b', 'GET, PUT'],
  ['DELETE', '/acr/v1/a', '/acr/v1/{name}', { name: 'a' }],
  ['DELETE', '/acr/v1/_catalog', 'GET'],
  ['DELETE', '/acr/v1/a/_tags/b', 'GET'],
  ['GET', '/v2/a/blobs/uploads/', 'POST'],
];

describe('a router', () => {
  for (const [method, path, expected, parameters] of LOOKUPS)
    it(`answers ${method} ${path} with ${expected}`, () => {
      const match = find(method, path);
      switch (match.kind) {
        case 'found':
          assert.deepEqual([match.route.path, match.parameters], [expected, parameters]);
          return assert.equal(match.route.method, method);
        case 'method-not-allowed':
          return assert.equal(match.allow.join(', '), expected);
        case 'not-found':
          return assert.equal('not-found', expected);
      }
    });

  it('takes the first path that fits, whatever stands behind it', () => {
    const general = compileRouter([
      { method: 'GET', path: '/acr/v1/{name}' },
      { method: 'GET', path: '/acr/v1/_catalog' },
    ]);
    const match = general('GET', '/acr/v1/_catalog');
    assert.ok(match.kind === 'found' && match.parameters['name'] === '_catalog');
  });

  it('ignores the case of fixed parts where told to, and keeps that of parameters', () => {
    const azure = compileRouter([{ method: 'GET', path: '/subscriptions/{id}/resourceGroups' }], 'ignored');
    const match = azure('GET', '/SUBSCRIPTIONS/AbC/resourcegroups');
    assert.ok(match.kind === 'found');
    assert.deepEqual(match.parameters, { id: 'AbC' });
    assert.equal(compileRouter([{ method: 'GET', path: '/a' }])('GET', '/A').kind, 'not-found');
  });

  it('gives every segment of a path back, in a name or a parameter', () => {
    const segment = fc.string({ unit: fc.constantFrom('a', '.', '%', 'manifests', 'blobs', 'uploads'), minLength: 1 });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), segment, (name, reference) => {
        const match = find('GET', `/v2/${name.join('/')}/manifests/${reference}`);
        assert.ok(match.kind === 'found');
        assert.deepEqual(match.parameters, { name: name.join('/'), reference });
      }),
    );
  });
});
