import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAuthorization } from './authorization-header.ts';
import { Token } from './token.ts';
import { basic } from './world.fixture.ts';

describe('an Authorization header is read', () => {
  for (const [header, expected] of [
    [undefined, { kind: 'none' }],
    [[], { kind: 'none' }],
    ['Bearer a.b.c', { kind: 'bearer', token: new Token('a.b.c') }],
    [['Bearer a.b.c'], { kind: 'bearer', token: new Token('a.b.c') }],
    ['bearer  a.b.c', { kind: 'bearer', token: new Token('a.b.c') }],
    [basic('user', 'pass'), { kind: 'basic', username: 'user', password: 'pass' }],
    [basic('user', 'pa:ss'), { kind: 'basic', username: 'user', password: 'pa:ss' }],
    [basic('', ''), { kind: 'basic', username: '', password: '' }],
    [basic('üser', 'pässword'), { kind: 'basic', username: 'üser', password: 'pässword' }],
  ] as const)
    it(JSON.stringify(header) ?? 'none', () => assert.deepEqual(parseAuthorization(header), expected));
});

describe('an Authorization header is rejected', () => {
  for (const [what, header] of [
    ['two headers', ['Bearer a', 'Bearer b']],
    ['two headers joined', 'Bearer a, Bearer b'],
    ['two headers joined without a space', 'Bearer a,Bearer b'],
    ['no credential', 'Bearer'],
    ['nothing', ''],
    ['another scheme', 'Digest a'],
    ['a bare token', 'a.b.c'],
    ['a token with a space', 'Bearer a b'],
    ['Basic that is not base64', 'Basic a:b'],
    ['Basic without a colon', `Basic ${Buffer.from('user').toString('base64')}`],
    ['Basic that is not UTF-8', `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`],
    ['Basic with a NUL', basic('us\0er', 'x')],
    ['Basic with a line break', basic('user', 'x\r\n')],
  ] as const)
    it(what, () => {
      const parsed = parseAuthorization(header);
      assert.equal(parsed.kind, 'rejected');
      assert.equal(parsed.why, 'malformed-header');
    });
  it('more than 8 KiB, where just that much is read', () => {
    assert.equal(parseAuthorization(`Bearer ${'a'.repeat(8192 - 7)}`).kind, 'bearer');
    const larger = parseAuthorization(`Bearer ${'a'.repeat(8192 - 6)}`);
    assert.equal(larger.kind === 'rejected' && larger.why, 'header-too-large');
  });
});

describe('whatever is sent as Authorization', () => {
  it('reading never throws', () =>
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseAuthorization(text))));
  it('reading Basic never throws', () =>
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        parseAuthorization(`Basic ${Buffer.from(bytes).toString('base64')}`);
      }),
    ));
  it('a name and a password are read as they were written', () => {
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Cc}/u.test(text));
    return fc.assert(
      fc.property(word, word, (username, password) => {
        const name = username.replaceAll(':', '');
        assert.deepEqual(parseAuthorization(basic(name, password)), { kind: 'basic', username: name, password });
      }),
    );
  });
  it('a hostile header costs linear time', () =>
    assert.equal(parseAuthorization(`Basic ${' '.repeat(1_000_000)}`).kind, 'rejected'));
});
