import { createSecureContext, type SecureContext } from 'node:tls';
import type { Config, TlsSource } from '../config/config.ts';
import { CertificateError } from '../trust/certificate-error.ts';
import { type ServerCertificate, openServerCertificate } from '../trust/server-certificate.ts';
import type { Log } from '../telemetry/log.ts';
import type { DataDir } from './data-dir.ts';
import { certificateNames } from './origins.ts';
import { StartRefusedError } from './ready.ts';

/** The certificate of one listener, as handshakes ask for it. */
export interface ListenerCertificate extends Disposable {
  readonly caFile: string | undefined;
  secureContext(): SecureContext;
}

/** What opening a certificate needs. */
interface CertificateContext {
  readonly config: Config;
  readonly dataDir: DataDir;
  readonly log: Log;
  readonly now: () => number;
}

/** Opens the certificate of a listener; a replaced one is shown from the next handshake on. */
export async function openCertificate(
  listener: string,
  tls: TlsSource,
  context: CertificateContext,
): Promise<ListenerCertificate> {
  const certificate = await open(listener, tls, context);
  let secureContext = createSecureContext(certificate.current());
  certificate.onChange((pair) => {
    secureContext = createSecureContext(pair);
    context.log.event({ event: 'certificate-changed', listener });
  });
  return {
    caFile: certificate.caFile,
    secureContext: () => secureContext,
    [Symbol.dispose]: () => certificate[Symbol.dispose](),
  };
}

async function open(
  listener: string,
  tls: TlsSource,
  { config, dataDir, log, now }: CertificateContext,
): Promise<ServerCertificate> {
  const source =
    tls.kind === 'files'
      ? { kind: 'operator' as const, certFile: tls.certFile, keyFile: tls.keyFile }
      : { kind: 'local' as const, directory: dataDir.trust, names: certificateNames(config) };
  const report = (message: string) => log.event({ event: 'certificate-refused', listener, message });
  try {
    return await openServerCertificate({ source, now, report });
  } catch (error) {
    if (error instanceof CertificateError) throw new StartRefusedError(error.message, { cause: error });
    throw error;
  }
}
