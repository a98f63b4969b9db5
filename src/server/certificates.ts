import { createSecureContext, type SecureContext } from 'node:tls';
import { REGIONS } from '../arm/provider/microsoft.resources/region.ts';
import type { Config, TlsSource } from '../config/config.ts';
import { CertificateError } from '../trust/certificate-error.ts';
import { TrustFileError } from '../trust/durable-file.ts';
import { type CertificateSource, type ServerCertificate, openServerCertificate } from '../trust/server-certificate.ts';
import type { Log } from '../telemetry/log.ts';
import type { DataDir } from './data-dir.ts';
import { certificateNames } from './origins.ts';
import { StartRefusedError } from './ready.ts';

/** The certificate of one listener, as handshakes ask for it. */
export interface ListenerCertificate extends Disposable {
  readonly caFile: string | undefined;
  secureContext(): SecureContext;
  /** Looks for a new certificate now. */
  refresh(): Promise<void>;
}

/** The certificates of both listeners. */
export interface ListenerCertificates extends Disposable {
  readonly registry: ListenerCertificate;
  readonly control: ListenerCertificate;
  /** That of data endpoints, where it is another. */
  readonly data: ListenerCertificate | undefined;
}

/** What opening a certificate needs. */
export interface CertificateContext {
  readonly config: Config;
  readonly dataDir: DataDir;
  readonly log: Log;
  readonly now: () => number;
}

/** Opens the certificates of both listeners; when one fails, the others are closed again. Throws {@link StartRefusedError} with what to change. */
export async function openCertificates(context: CertificateContext): Promise<ListenerCertificates> {
  const { registryTls, controlTls } = context.config;
  using stack = new DisposableStack();
  const registry = stack.use(await openCertificate('registry', registryTls, context));
  const control = stack.use(await openCertificate('control', controlTls, context));
  const data = stack.use(await openDataCertificate(context));
  const opened = stack.move();
  return { registry, control, data, [Symbol.dispose]: () => opened.dispose() };
}

/** Opens the certificate of a listener; a replaced one is shown from the next handshake on. */
async function openCertificate(
  listener: string,
  tls: TlsSource,
  context: CertificateContext,
): Promise<ListenerCertificate> {
  const { config, dataDir } = context;
  const names = certificateNames(config);
  return follow(listener, context, sourceOf(tls, { directory: dataDir.trust, names, file: 'server' }));
}

/** Opens the certificate of data endpoints, in every region; an operator's certificate has to have them itself. */
async function openDataCertificate(context: CertificateContext): Promise<ListenerCertificate | undefined> {
  const { config, dataDir } = context;
  if (config.registryTls.kind === 'files') return undefined;
  const names = REGIONS.map(({ name }) => `*.${name}.data.${config.registrySuffix}`);
  return follow('data', context, { kind: 'local', directory: dataDir.trust, names, file: 'data' });
}

type Local = Omit<Extract<CertificateSource, { kind: 'local' }>, 'kind'>;

function sourceOf(tls: TlsSource, local: Local): CertificateSource {
  return tls.kind === 'files'
    ? { kind: 'operator', certFile: tls.certFile, keyFile: tls.keyFile }
    : { kind: 'local', ...local };
}

async function follow(
  listener: string,
  context: CertificateContext,
  source: CertificateSource,
): Promise<ListenerCertificate> {
  const certificate = await open(listener, context, source);
  let secureContext = createSecureContext(certificate.current());
  certificate.onChange((pair) => {
    secureContext = createSecureContext(pair);
    context.log.event({ event: 'certificate-changed', listener });
  });
  return {
    caFile: certificate.caFile,
    secureContext: () => secureContext,
    refresh: () => certificate.refresh(),
    [Symbol.dispose]: () => certificate[Symbol.dispose](),
  };
}

async function open(
  listener: string,
  { log, now }: CertificateContext,
  source: CertificateSource,
): Promise<ServerCertificate> {
  const report = (message: string) => log.event({ event: 'certificate-refused', listener, message });
  try {
    return await openServerCertificate({ source, now, report });
  } catch (error) {
    if (error instanceof CertificateError || error instanceof TrustFileError)
      throw new StartRefusedError(error.message, { cause: error });
    throw error;
  }
}
