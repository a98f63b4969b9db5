/** Making certificates. The library is loaded when the first is made: a start that has them already never pays for it. */
import { createPrivateKey, KeyObject, randomBytes, type webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509 from '@peculiar/x509';
import type { KeyPair } from './key-pair.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 60 * 60 * 1000;

/** How long a new certificate authority is valid, in ms: ten years. */
export const AUTHORITY_LIFETIME_MS = 3652 * DAY_MS;
/** How long a new server certificate is valid, in ms: what public authorities may give at most. */
export const LEAF_LIFETIME_MS = 397 * DAY_MS;
/** Clocks of clients may be behind by this, in ms. */
const BACKDATE_MS = DAY_MS;

/** Makes a certificate authority with a key of its own (RFC 5280 §4.2; passes `openssl verify -x509_strict`). */
export async function issueAuthority(nowMs: number): Promise<KeyPair> {
  const x509 = await library();
  const keys = await newKeys();
  const name = `CN=Seawall local CA ${randomBytes(4).toString('hex')}, O=Seawall`;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    serialNumber: serialNumber(),
    ...validity(nowMs, AUTHORITY_LIFETIME_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: privatePem(keys.privateKey) };
}

/** Makes a server's certificate for these names and addresses, signed by `authority`. */
export async function issueLeaf(authority: KeyPair, names: readonly string[], nowMs: number): Promise<KeyPair> {
  const x509 = await library();
  // Behind it may stand another that clients are to trust as well.
  const issuer = new x509.X509Certificate(new X509Certificate(authority.cert).toString());
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=Seawall server, O=Seawall',
    issuer: issuer.subjectName,
    serialNumber: serialNumber(),
    ...validity(nowMs, LEAF_LIFETIME_MS),
    publicKey: keys.publicKey,
    signingKey: signingKeyOf(authority),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: privatePem(keys.privateKey) };
}

async function library(): Promise<typeof X509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function validity(nowMs: number, lifetimeMs: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(nowMs - BACKDATE_MS), notAfter: new Date(nowMs + lifetimeMs) };
}

/** 126 random bits with a set bit ahead of them: positive, never zero, of fixed length (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex');
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function signingKeyOf(authority: KeyPair): webcrypto.CryptoKey {
  return createPrivateKey(authority.key).toCryptoKey(ALGORITHM, false, ['sign']);
}

function privatePem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}
