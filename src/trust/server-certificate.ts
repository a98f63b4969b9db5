import { watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { KeyPair } from './key-pair.ts';
import { AUTHORITY_FILE, type LeafFile, loadLocalCertificate } from './local-certificate.ts';
import { exposureOf, loadOperatorCertificate, type OperatorFiles } from './operator-certificate.ts';

/** Where a server's certificate comes from: this server's own authority below `directory`, or the operator. */
export type CertificateSource =
  | {
      readonly kind: 'local';
      readonly directory: string;
      readonly names: readonly string[];
      readonly file: LeafFile;
    }
  | ({ readonly kind: 'operator' } & OperatorFiles);

/** What {@link openServerCertificate} needs. `report` is told of a certificate that is kept out, and of exposed keys. */
export interface ServerCertificateOptions {
  readonly source: CertificateSource;
  readonly now: () => number;
  readonly report: (message: string) => void;
}

/** A server's certificate, which may change while it runs. */
export interface ServerCertificate extends Disposable {
  /** The pair to be served now, PEM. */
  current(): KeyPair;
  /** The file that clients must trust; `undefined` for an operator's certificate. */
  readonly caFile: string | undefined;
  /** Calls `listener` with every later pair. */
  onChange(listener: (pair: KeyPair) => void): void;
  /** Looks for a new certificate now; what cannot be served is reported and kept out. */
  refresh(): Promise<void>;
}

/** How often a certificate is looked at, in ms: for renewal, and where the file system tells of no changes. */
const INTERVAL_MS = { local: 3_600_000, operator: 60_000 } as const;

/**
 * Opens a server's certificate and keeps it fresh until disposed: a local one is made anew 30 days before its end, an
 * operator's is read again when either file changes. Throws `CertificateError` when the first cannot be served.
 */
export async function openServerCertificate(options: ServerCertificateOptions): Promise<ServerCertificate> {
  const { source, report } = options;
  let pair = await load(source, options.now());
  await reportExposure(options);
  const listeners = new Set<(pair: KeyPair) => void>();
  const outcome = reporter(report);
  const take = async (): Promise<void> => {
    const next = await load(source, options.now());
    if (next.cert === pair.cert && next.key === pair.key) return;
    pair = next;
    for (const listener of listeners) listener(next);
  };
  let turn = Promise.resolve();
  const refresh = (): Promise<void> => (turn = turn.then(take).then(() => outcome(undefined), outcome));
  const watching = keepWatch(source, () => void refresh(), report);
  return {
    current: () => pair,
    caFile: source.kind === 'local' ? join(source.directory, AUTHORITY_FILE) : undefined,
    onChange: (listener) => void listeners.add(listener),
    refresh,
    [Symbol.dispose]: () => {
      listeners.clear();
      watching[Symbol.dispose]();
    },
  };
}

function load(source: CertificateSource, nowMs: number): Promise<KeyPair> {
  switch (source.kind) {
    case 'local':
      return loadLocalCertificate(source.directory, source.names, nowMs, source.file);
    case 'operator':
      return loadOperatorCertificate(source, nowMs);
  }
}

async function reportExposure({ source, report }: ServerCertificateOptions): Promise<void> {
  const exposure = source.kind === 'operator' ? await exposureOf(source) : undefined;
  if (exposure !== undefined) report(exposure);
}

/** Reports a failure once, however often it is met in a row. */
function reporter(report: (message: string) => void): (error: unknown) => void {
  let last: string | undefined;
  return (error) => {
    const message = error === undefined ? undefined : error instanceof Error ? error.message : 'it cannot be read';
    if (message !== undefined && message !== last) report(`the certificate in use stays: ${message}`);
    last = message;
  };
}

function keepWatch(source: CertificateSource, changed: () => void, report: (message: string) => void): Disposable {
  const watching = new DisposableStack();
  const timer = setInterval(changed, INTERVAL_MS[source.kind]).unref();
  watching.defer(() => clearInterval(timer));
  if (source.kind === 'operator')
    for (const file of [source.certFile, source.keyFile]) watching.use(watchFile(file, changed, report));
  return watching;
}

/** Watches a file through its directory, as files are replaced by renaming and, in Kubernetes, by links of other names. */
function watchFile(file: string, changed: () => void, report: (message: string) => void): Disposable {
  const watcher = watch(dirname(file), { persistent: false }, changed);
  watcher.on('error', (error) => report(`changes of ${basename(file)} are noticed late: ${error.message}`));
  return { [Symbol.dispose]: () => watcher.close() };
}
