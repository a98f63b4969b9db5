import { CertificateError } from './certificate-error.ts';
import { isExposed, readIfPresent } from './durable-file.ts';
import { type InspectedPair, inspectPair, type KeyPair, validityLeftMs } from './key-pair.ts';

/** Where an operator's own certificate and key are. */
export interface OperatorFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Reads and checks an operator's own certificate. Throws {@link CertificateError} when it cannot be served. */
export async function loadOperatorCertificate(files: OperatorFiles, nowMs: number): Promise<KeyPair> {
  const pair = { cert: await readPresent(files.certFile), key: await readPresent(files.keyFile) };
  const inspected = inspectPair(pair);
  if (inspected.kind !== 'sound') throw new CertificateError(complaint(files, inspected));
  const { certificate } = inspected;
  if (validityLeftMs(certificate, nowMs) <= 0)
    throw new CertificateError(
      `${files.certFile} expired on ${certificate.validTo}. Renew it; it is read again at once`,
    );
  if (certificate.validFromDate.getTime() > nowMs)
    throw new CertificateError(
      `${files.certFile} is valid only from ${certificate.validFrom}. Check this machine's clock, or use one valid now`,
    );
  return pair;
}

/** What to say of a key that is served although everybody may read it; `undefined` when all is well. */
export async function exposureOf(files: OperatorFiles): Promise<string | undefined> {
  if (!(await isExposed(files.keyFile))) return undefined;
  return `${files.keyFile} is a private key and open to every user of this machine. Run: chmod 600 ${files.keyFile}`;
}

async function readPresent(path: string): Promise<string> {
  const text = await readIfPresent(path).catch((error: unknown) => {
    throw isDenied(error) ? new CertificateError(`${path} ${denied(path)}`) : error;
  });
  if (text === undefined) throw new CertificateError(`${path} is not there. Check --tls-cert and --tls-key`);
  return text;
}

function complaint(files: OperatorFiles, inspected: Exclude<InspectedPair, { kind: 'sound' }>): string {
  switch (inspected.kind) {
    case 'certificate-unreadable':
      return `${files.certFile} ${inspected.message}. It must begin with "-----BEGIN CERTIFICATE-----", the server's own first`;
    case 'key-unreadable':
      return `${files.keyFile} ${inspected.message}. Remove a passphrase with: openssl pkey -in ${files.keyFile} -out NEW`;
    case 'mismatch':
      return `${files.certFile} ${inspected.message} in ${files.keyFile}. Give the key that the certificate was asked with; the server's own certificate must be first in its file`;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}

/** A server that has let go of root could read at its start what it cannot now. */
function denied(path: string): string {
  const uid = process.geteuid?.();
  const who = uid === undefined ? 'this server' : `uid ${uid}, as whom the server runs,`;
  return `may not be read by ${who} or a folder above keeps it out. Run: chgrp ${process.getegid?.() ?? 'GROUP'} ${path} && chmod 640 ${path}; a restart as root reads it, too`;
}
