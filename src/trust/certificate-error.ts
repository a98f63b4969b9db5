/** A certificate or key that cannot be served; the message names the file and says how to mend it. */
export class CertificateError extends Error {
  override name = 'CertificateError';
}
