import type { X509Certificate } from 'node:crypto';
import { isIPv6, SocketAddress } from 'node:net';

/** Whether a certificate is for exactly these DNS names and IP addresses, in any order (RFC 5280 §4.2.1.6). */
export function isForExactly(certificate: X509Certificate, names: readonly string[]): boolean {
  const wanted = new Set(names.map(canonical));
  const present = new Set(namesOf(certificate));
  return wanted.size === present.size && wanted.isSubsetOf(present);
}

function namesOf(certificate: X509Certificate): readonly string[] {
  const entries = (certificate.subjectAltName ?? '').split(', ');
  return entries.map((entry) => canonical(entry.replace(/^(?:DNS|IP Address):/, '')));
}

function canonical(name: string): string {
  return isIPv6(name) ? new SocketAddress({ address: name, family: 'ipv6' }).address : name.toLowerCase();
}
