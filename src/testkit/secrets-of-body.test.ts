import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { secretsOfAuthorization, secretsOfBody } from './secrets-of-body.ts';

const secretsIn = (body: unknown): readonly string[] =>
  secretsOfBody(JSON.stringify(body))
    .map(({ secret }) => secret)
    .toSorted();

describe('the secrets of a body', () => {
  it('are the members that are secrets, however deep, and none that is not', () => {
    assert.deepEqual(secretsIn({ a: [{ clientId: 'x', secret: 's' }], access_token: 't', refresh_token: 'r' }), [
      'r',
      's',
      't',
    ]);
    assert.deepEqual(secretsIn({ passwords: [{ name: 'password1', value: 'p' }], value: 'shown' }), ['p']);
    assert.deepEqual(secretsIn({ properties: { source: { credentials: { username: 'u', password: 'p' } } } }), ['p']);
  });

  it('are the headers of a webhook, and the login and the query of where it goes', () => {
    const serviceUri = 'https://user:pass%20word@example.com/in?key=k';
    const properties = { serviceUri, customHeaders: { authorization: 'a' }, scope: 'x' };
    assert.deepEqual(secretsIn({ properties }), ['a', 'k', 'pass word']);
    assert.deepEqual(secretsIn({ properties: { serviceUri: 'https://example.com/in' } }), []);
  });

  it('are the fields of a form', () => {
    const found = secretsOfBody('grant_type=refresh_token&refresh_token=a%2Bb&scope=x');
    assert.deepEqual(found, [{ kind: 'a refresh token', secret: 'a+b' }]);
  });

  it('are found beside what is nested without end', () => {
    const deep = `{"password":"p","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    assert.deepEqual(secretsOfBody(deep), [{ kind: 'a password', secret: 'p' }]);
  });

  it('are none where it is neither', () => {
    for (const text of ['', 'password: x', '{"password":', '<password>x</password>'])
      assert.deepEqual(secretsOfBody(text), []);
  });

  it('are the token or the password of an Authorization', () => {
    const login = Buffer.from('user:pass:word').toString('base64');
    assert.deepEqual(
      secretsOfAuthorization('bearer abc').map(({ secret }) => secret),
      ['abc'],
    );
    assert.deepEqual(
      secretsOfAuthorization(`Basic ${login}`).map(({ secret }) => secret),
      [login, 'pass:word'],
    );
    assert.deepEqual(secretsOfAuthorization('Digest abc'), []);
  });
});
