import { generateKeyPairSync } from 'node:crypto';
import { nameOf, signCertificate, subjectAlternativeNames } from '../trust/certificate.ts';

/** A certificate and its key as PEM, for tests. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes a self-signed certificate for one DNS name. */
export function testCertificate(name: string): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = nameOf(name, 'Seawall tests');
  const validity = { notBeforeMs: 0, notAfterMs: Date.UTC(2100, 0) };
  const extensions = [subjectAlternativeNames([name])];
  const cert = signCertificate({ subject, issuer: subject, publicKey, ...validity, extensions }, privateKey);
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
