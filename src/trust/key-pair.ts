import { createPrivateKey, X509Certificate } from 'node:crypto';

/** A certificate (perhaps followed by its chain) and the private key of its first, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** The outcome of looking at a certificate and a key: `message` completes "<the certificate's file> …". */
export type InspectedPair =
  | { readonly kind: 'sound'; readonly certificate: X509Certificate }
  | { readonly kind: 'certificate-unreadable'; readonly message: string }
  | { readonly kind: 'key-unreadable'; readonly message: string }
  | { readonly kind: 'mismatch'; readonly message: string };

/** Reads a pair and checks that the key is the certificate's. Says nothing of its dates. */
export function inspectPair(pair: KeyPair): InspectedPair {
  const certificate = readCertificate(pair.cert);
  if (certificate === undefined) return { kind: 'certificate-unreadable', message: 'is not a PEM certificate' };
  try {
    if (certificate.checkPrivateKey(createPrivateKey(pair.key))) return { kind: 'sound', certificate };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'key-unreadable', message: `is not a PEM private key without a passphrase (${why})` };
  }
  return { kind: 'mismatch', message: 'does not belong to the private key' };
}

/** How long a certificate is still valid, in ms; below 0 when it has expired. */
export function validityLeftMs(certificate: X509Certificate, nowMs: number): number {
  return certificate.validToDate.getTime() - nowMs;
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
