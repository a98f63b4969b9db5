import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { open, seal } from './dsse.ts';

const TYPE = 'http://example.com/HelloWorld';

describe('an envelope', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const envelope = seal(TYPE, 'hello world', privateKey);

  it('is signed as the specification of DSSE shows it, so that others can verify it', () => {
    const sig = envelope.signatures[0]?.sig ?? '';
    const encoded = Buffer.from('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
    assert.ok(verify('sha256', encoded, publicKey, Buffer.from(sig, 'base64')));
    assert.equal(envelope.payload, Buffer.from('hello world').toString('base64'));
  });

  it('gives its payload to whoever has the key, and nothing where it is no envelope', () => {
    assert.deepEqual(open(envelope, TYPE, publicKey), { kind: 'genuine', payload: 'hello world' });
    for (const other of [undefined, [], 'x', {}, { ...envelope, signatures: 'x' }, { ...envelope, signatures: [null] }])
      assert.equal(open(other, TYPE, publicKey).kind, 'refused');
  });
});
