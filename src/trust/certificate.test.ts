import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { nameOf, signCertificate, subjectAlternativeNames, subjectOf } from './certificate.ts';
import { element, elementsIn, integer, time } from './der.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function certificateFor(names: readonly string[], issuer = nameOf('Größe', 'Tests')): X509Certificate {
  const content = {
    subject: nameOf('Größe', 'Tests'),
    issuer,
    publicKey,
    notBeforeMs: 0,
    notAfterMs: Date.UTC(2050, 0),
  };
  return new X509Certificate(signCertificate({ ...content, extensions: [subjectAlternativeNames(names)] }, privateKey));
}

describe('a certificate that is made', () => {
  it('is signed by its key, says its names, and is for what is asked', () => {
    const certificate = certificateFor(['*.a.test', '10.0.0.1', '::', '2001:db8::1:0', '::ffff:192.0.2.1']);
    assert.equal(certificate.verify(publicKey), true);
    assert.equal(certificate.subject, 'CN=Größe\nO=Tests');
    assert.equal(
      certificate.subjectAltName,
      'DNS:*.a.test, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:0, IP Address:2001:DB8:0:0:0:0:1:0, IP Address:0:0:0:0:0:FFFF:C000:201',
    );
  });

  it('is not made for a name that certificates cannot say', () => {
    assert.throws(() => certificateFor(['größe.test']), /"größe.test" is no DNS name in ASCII/);
  });

  it('has times of two forms, before 2050 and from then on', () => {
    const { validFromDate, validToDate } = certificateFor(['a.test']);
    assert.deepEqual([validFromDate.getTime(), validToDate.getTime()], [0, Date.UTC(2050, 0)]);
    const [before, after] = [Date.UTC(2049, 11, 31, 23, 59, 59, 999), Date.UTC(2050, 0)].map((ms) => String(time(ms)));
    assert.deepEqual([before, after], ['\x17\x0d491231235959Z', '\x18\x0f20500101000000Z']);
  });

  it('has the subject of its issuer to the byte, however that is written', () => {
    // PrintableString in place of UTF8String, as other makers of authorities write names.
    const issuer = Buffer.from(
      nameOf('other', 'Other').toString('latin1').replaceAll('\x0c\x05', '\x13\x05'),
      'latin1',
    );
    const authority = signCertificate(
      { subject: issuer, issuer, publicKey, notBeforeMs: 0, notAfterMs: 1e12, extensions: [] },
      privateKey,
    );
    assert.deepEqual(subjectOf(new X509Certificate(authority)), issuer);
    assert.equal(certificateFor(['a.test'], issuer).checkIssued(new X509Certificate(authority)), true);
  });
});

describe('an element', () => {
  it('is read as it was written, at each length of a length', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const content = Buffer.alloc(length, 7);
      const [read, next] = elementsIn(Buffer.concat([element(0x04, content), element(0x05)]));
      assert.deepEqual([read?.tag, read?.content, next?.tag], [0x04, content, 0x05]);
    }
  });

  it('is refused where it is cut short', () => {
    assert.throws(() => elementsIn(element(0x04, Buffer.alloc(200)).subarray(0, 100)), RangeError);
  });

  it('of a number has no more bytes than it takes, and is never negative', () => {
    const cases: readonly [readonly number[], string][] = [
      [[0], '020100'],
      [[0x7f], '02017f'],
      [[0x80], '02020080'],
      [[0, 0, 1], '020101'],
    ];
    for (const [bytes, hex] of cases) assert.equal(integer(Buffer.from(bytes)).toString('hex'), hex);
  });
});
