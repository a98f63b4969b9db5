import { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CertificateError } from './certificate-error.ts';
import {
  PRIVATE_MODE,
  PUBLIC_MODE,
  readIfPresent,
  readSecretFile,
  removeDurably,
  writeDurably,
} from './durable-file.ts';
import { issueAuthority, issueLeaf, LEAF_LIFETIME_MS } from './issue.ts';
import { inspectPair, type KeyPair, validityLeftMs } from './key-pair.ts';
import { isForExactly } from './subject-alt-name.ts';

/** A certificate with less than this left is made anew, in ms. */
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1000;

/** Where the authority's certificate is, below the directory of {@link loadLocalCertificate}. */
export const AUTHORITY_FILE = 'ca.pem';

/** What a certificate of the local authority is kept as: that of the listeners, and that of data endpoints. */
export type LeafFile = 'server' | 'data' | 'outside';

/**
 * The certificate of the local authority in `directory` for exactly these names and addresses. The authority and the
 * certificate are made when they are not there, do not fit the names or end soon. Throws {@link CertificateError} when
 * the authority is there but unusable: it is never replaced silently, since clients have been told to trust it.
 */
export async function loadLocalCertificate(
  directory: string,
  names: readonly string[],
  nowMs: number,
  file: LeafFile = 'server',
): Promise<KeyPair> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const authority = await loadAuthority(directory, nowMs);
  const present = await readPair(directory, file);
  if (present !== undefined && isServable(present, authority, names, nowMs)) return present;
  const leaf = await issueLeaf(authority, names, nowMs);
  await writePair(directory, file, leaf);
  return leaf;
}

async function loadAuthority(directory: string, nowMs: number): Promise<KeyPair> {
  const present = await readPair(directory, 'ca');
  if (present === undefined) return (await promoted(directory)) ?? makeAuthority(directory, nowMs);
  const inspected = inspectPair(present);
  if (inspected.kind !== 'sound') throw unusable(directory, inspected.message);
  // A certificate must not outlive its authority, so the authority goes first.
  if (validityLeftMs(inspected.certificate, nowMs) > LEAF_LIFETIME_MS) return present;
  return makeAuthority(directory, nowMs);
}

async function makeAuthority(directory: string, nowMs: number): Promise<KeyPair> {
  const authority = await issueAuthority(nowMs);
  await writePair(directory, 'ca', authority);
  return authority;
}

/** What the next authority is kept as, until it takes over. */
const NEXT = 'ca-next';

/**
 * Makes the authority that comes after the present one, and puts its certificate behind the present one's into the file
 * that clients trust: whoever takes that file trusts both. Nothing is signed with it yet. `false`: it was there already.
 */
export async function prepareAuthority(directory: string, nowMs: number): Promise<boolean> {
  if ((await readPair(directory, NEXT)) !== undefined) return false;
  const present = await loadAuthority(directory, nowMs);
  const next = await issueAuthority(nowMs);
  await writePair(directory, NEXT, next);
  const [first] = certificatesIn(present.cert);
  await writeDurably(join(directory, AUTHORITY_FILE), `${first ?? ''}${next.cert}`, PUBLIC_MODE);
  return true;
}

/**
 * Lets the prepared authority take over: it signs from now on, and the one before stays behind it in the file that
 * clients trust. `false`: none is prepared. A crash in between is made good at the next start.
 */
export async function promoteAuthority(directory: string): Promise<boolean> {
  const [next, present] = [await readPair(directory, NEXT), await readPair(directory, 'ca')];
  if (next === undefined) return false;
  await removeDurably(join(directory, AUTHORITY_FILE));
  const [before] = present === undefined ? [] : certificatesIn(present.cert);
  await takeOver(directory, next, before ?? '');
  return true;
}

/** What a crash while another authority took over had left: the next one is there, and the present one's certificate is not. */
async function promoted(directory: string): Promise<KeyPair | undefined> {
  const next = await readPair(directory, NEXT);
  return next === undefined ? undefined : takeOver(directory, next, '');
}

async function takeOver(directory: string, next: KeyPair, before: string): Promise<KeyPair> {
  await writeDurably(join(directory, 'ca.key'), next.key, PRIVATE_MODE);
  await writeDurably(join(directory, AUTHORITY_FILE), `${next.cert}${before}`, PUBLIC_MODE);
  await removeDurably(join(directory, `${NEXT}.pem`));
  await removeDurably(join(directory, `${NEXT}.key`));
  return { cert: `${next.cert}${before}`, key: next.key };
}

/** Makes a certificate that is there be made anew when it is loaded next. */
export async function forgetLeaf(directory: string, file: LeafFile): Promise<void> {
  await removeDurably(join(directory, `${file}.pem`));
}

function certificatesIn(pem: string): readonly string[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map((one) => `${one}\n`);
}

function unusable(directory: string, why: string): CertificateError {
  const [cert, key] = [join(directory, AUTHORITY_FILE), join(directory, 'ca.key')];
  return new CertificateError(
    `${cert} ${why}. Restore ${cert} and ${key} from a backup; or remove both, and a new authority is made that every client must be told to trust`,
  );
}

function isServable(leaf: KeyPair, authority: KeyPair, names: readonly string[], nowMs: number): boolean {
  const inspected = inspectPair(leaf);
  if (inspected.kind !== 'sound') return false;
  const { certificate } = inspected;
  if (!certificate.verify(new X509Certificate(authority.cert).publicKey)) return false;
  return isForExactly(certificate, names) && validityLeftMs(certificate, nowMs) > RENEW_BEFORE_MS;
}

/** Both halves of a pair; `undefined` when the certificate is absent, which is written last. */
async function readPair(directory: string, name: string): Promise<KeyPair | undefined> {
  const cert = await readIfPresent(join(directory, `${name}.pem`));
  if (cert === undefined) return undefined;
  return { cert, key: (await readSecretFile(join(directory, `${name}.key`))) ?? '' };
}

/** Removes the old certificate first and writes the new one last: a crash in between leaves no certificate, never a wrong pair. */
async function writePair(directory: string, name: string, pair: KeyPair): Promise<void> {
  await removeDurably(join(directory, `${name}.pem`));
  await writeDurably(join(directory, `${name}.key`), pair.key, PRIVATE_MODE);
  await writeDurably(join(directory, `${name}.pem`), pair.cert, PUBLIC_MODE);
}
