/** Making certificates: of an authority, and of servers by it. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import {
  authorityKeyIdentifier,
  basicConstraints,
  forServers,
  keyUsage,
  nameOf,
  signCertificate,
  subjectAlternativeNames,
  subjectKeyIdentifier,
  subjectOf,
} from './certificate.ts';
import type { KeyPair } from './key-pair.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long a new certificate authority is valid, in ms: ten years. */
export const AUTHORITY_LIFETIME_MS = 3652 * DAY_MS;
/** How long a new server certificate is valid, in ms: what public authorities may give at most. */
export const LEAF_LIFETIME_MS = 397 * DAY_MS;
/** Clocks of clients may be behind by this, in ms. */
const BACKDATE_MS = DAY_MS;
const ORGANISATION = 'Seawall';

/** Makes a certificate authority with a key of its own (RFC 5280 §4.2; passes `openssl verify -x509_strict`). */
export function issueAuthority(nowMs: number): KeyPair {
  const { publicKey, privateKey } = newKeys();
  const subject = nameOf(`Seawall local CA ${randomBytes(4).toString('hex')}`, ORGANISATION);
  const extensions = [
    basicConstraints(true),
    keyUsage('sign certificates and revocation lists'),
    subjectKeyIdentifier(publicKey),
  ];
  const validity = validityFrom(nowMs, AUTHORITY_LIFETIME_MS);
  const cert = signCertificate({ subject, issuer: subject, publicKey, ...validity, extensions }, privateKey);
  return { cert, key: pem(privateKey) };
}

/** Makes a server's certificate for these names and addresses, signed by `authority`. */
export function issueLeaf(authority: KeyPair, names: readonly string[], nowMs: number): KeyPair {
  // Behind it may stand another that clients are to trust as well: the first is read.
  const issuer = subjectOf(new X509Certificate(authority.cert));
  const signingKey = createPrivateKey(authority.key);
  const { publicKey, privateKey } = newKeys();
  const extensions = [
    basicConstraints(false),
    keyUsage('sign'),
    forServers(),
    subjectAlternativeNames(names),
    authorityKeyIdentifier(createPublicKey(signingKey)),
    subjectKeyIdentifier(publicKey),
  ];
  const validity = validityFrom(nowMs, LEAF_LIFETIME_MS);
  const subject = nameOf('Seawall server', ORGANISATION);
  const cert = signCertificate({ subject, issuer, publicKey, ...validity, extensions }, signingKey);
  return { cert, key: pem(privateKey) };
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function validityFrom(
  nowMs: number,
  lifetimeMs: number,
): { readonly notBeforeMs: number; readonly notAfterMs: number } {
  return { notBeforeMs: nowMs - BACKDATE_MS, notAfterMs: nowMs + lifetimeMs };
}

function pem(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
