/** Certificates of version 3 (RFC 5280) over keys on the curve P-256, signed with ECDSA and SHA-256. */
import { createHash, createPublicKey, type KeyObject, randomBytes, sign, type X509Certificate } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import {
  bits,
  boolean,
  type Der,
  element,
  elementsIn,
  integer,
  octets,
  oid,
  sequence,
  set,
  time,
  utf8,
} from './der.ts';

/** What a certificate says. */
export interface CertificateContent {
  /** Its subject, by {@link nameOf}. */
  readonly subject: Der;
  /** Its issuer: {@link subjectOf} the certificate that signs, or the subject itself. */
  readonly issuer: Der;
  readonly publicKey: KeyObject;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Made by the functions below. */
  readonly extensions: readonly Der[];
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const VERSION_3 = element(0xa0, integer(Buffer.of(2)));
const LINE = 64;

/** Signs a certificate with the issuer's private key; answers PEM. */
export function signCertificate(content: CertificateContent, signingKey: KeyObject): string {
  const { subject, issuer, publicKey, notBeforeMs, notAfterMs, extensions } = content;
  const signed = sequence(
    VERSION_3,
    integer(serialNumber()),
    ECDSA_WITH_SHA256,
    issuer,
    sequence(time(notBeforeMs), time(notAfterMs)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', signed, { key: signingKey, dsaEncoding: 'der' });
  const lines = sequence(signed, ECDSA_WITH_SHA256, bits(signature))
    .toString('base64')
    .match(new RegExp(`.{1,${LINE}}`, 'g'));
  return `-----BEGIN CERTIFICATE-----\n${(lines ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** A name of a common name and an organisation. */
export function nameOf(commonName: string, organisation: string): Der {
  const part = (type: string, value: string): Der => set(sequence(oid(type), utf8(value)));
  return sequence(part('2.5.4.3', commonName), part('2.5.4.10', organisation));
}

/** The subject of a certificate to the byte, as the issuer of what it signs must have it (RFC 5280 §4.1.2.4). */
export function subjectOf({ raw }: X509Certificate): Der {
  const [signed] = childrenOf(raw);
  // Version, serial number, algorithm, issuer, validity, subject.
  const subject = signed === undefined ? undefined : elementsIn(signed.content)[5];
  if (subject === undefined) throw new TypeError('a certificate without a subject');
  return subject.whole;
}

/** Whether it may sign others, of which none may sign (RFC 5280 §4.2.1.9). */
export function basicConstraints(signsOthers: boolean): Der {
  return critical('2.5.29.19', signsOthers ? sequence(boolean(true), integer(Buffer.of(0))) : sequence());
}

/** What the key is for (RFC 5280 §4.2.1.3). */
export function keyUsage(usage: 'sign certificates and revocation lists' | 'sign'): Der {
  return critical('2.5.29.15', usage === 'sign' ? bits(Buffer.of(0b1000_0000), 7) : bits(Buffer.of(0b0000_0110), 1));
}

/** For servers of TLS (RFC 5280 §4.2.1.12). */
export function forServers(): Der {
  return plain('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1')));
}

/** The DNS names and IP addresses that it is for (RFC 5280 §4.2.1.6). Throws at a name that is not ASCII. */
export function subjectAlternativeNames(names: readonly string[]): Der {
  return plain('2.5.29.17', sequence(...names.map(generalName)));
}

/** By what certificates of this key are told from others of their subject (RFC 5280 §4.2.1.2). */
export function subjectKeyIdentifier(key: KeyObject): Der {
  return plain('2.5.29.14', octets(identifierOf(key)));
}

/** Whose key signed (RFC 5280 §4.2.1.1). */
export function authorityKeyIdentifier(key: KeyObject): Der {
  return plain('2.5.29.35', sequence(element(0x80, identifierOf(key))));
}

const plain = (type: string, value: Der): Der => sequence(oid(type), octets(value));
const critical = (type: string, value: Der): Der => sequence(oid(type), boolean(true), octets(value));

function generalName(name: string): Der {
  if (isIPv4(name)) return element(0x87, Buffer.from(name.split('.').map(Number)));
  if (isIPv6(name)) return element(0x87, bytesOfIPv6(name));
  if (!/^[\x21-\x7e]+$/.test(name)) throw new TypeError(`"${name}" is no DNS name in ASCII`);
  return element(0x82, Buffer.from(name, 'latin1'));
}

function bytesOfIPv6(address: string): Buffer {
  // The URL's form has neither dotted parts nor a scope.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const given = [...(before ?? []), ...(after ?? [])];
  const zeros = Array.from({ length: 8 - given.length }, () => '0');
  const groups = [...(before ?? []), ...zeros, ...(after ?? [])];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** SHA-1 of the key's bits, which names it and protects nothing (RFC 5280 §4.2.1.2, method 1). */
function identifierOf(key: KeyObject): Buffer {
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  const [, keyBits] = childrenOf(publicKey.export({ type: 'spki', format: 'der' }));
  if (keyBits === undefined) throw new TypeError('a public key without bits');
  return createHash('sha1').update(keyBits.content.subarray(1)).digest();
}

function childrenOf(bytes: Buffer) {
  return elementsIn(elementsIn(bytes)[0]?.content ?? Buffer.alloc(0));
}

/** 126 random bits with a set bit ahead of them: positive, never zero, of fixed length (RFC 5280 §4.1.2.2). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes;
}
