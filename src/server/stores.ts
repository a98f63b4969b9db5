import type { Config } from '../config/config.ts';
import type { Directory } from '../directory/port.ts';
import { openSqliteDirectory } from '../directory/sqlite/directory.ts';
import type { WorkStore } from '../operation/port.ts';
import { openWork } from '../operation/sqlite/store.ts';
import { UploadSessions } from '../registry/upload-sessions.ts';
import type { RegistryServices } from '../registry/call.ts';
import { WriterThread } from '../sqlite/thread.ts';
import type { State } from '../state/port.ts';
import { openState } from '../state/sqlite/state.ts';
import { openFileBytes } from '../store/file/bytes.ts';
import { openMetadata } from '../store/sqlite/metadata.ts';
import { type BlobBytes, type Damage, Verifier } from '../store/verify/verifier.ts';
import { openSecretBox, type SecretBox } from '../trust/secret-box.ts';
import { signingKeyFile } from '../trust/signing-key-file.ts';
import { type SigningKeyRing, openSigningKeyRing } from '../trust/signing-key-ring.ts';
import { join } from 'node:path';
import type { DataDir } from './data-dir.ts';

/** Everything a server keeps, open. */
export interface Stores extends AsyncDisposable {
  readonly content: RegistryServices & { readonly verifier: Verifier };
  readonly directory: Directory;
  readonly keys: SigningKeyRing;
  readonly state: State;
  readonly work: WorkStore;
  /** Seals what must be kept and is secret. */
  readonly box: SecretBox;
}

/** What of resources is secret: where webhooks call and with which headers, and what machines are told at their first start. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  // Passwords to registries, and values of variables.
  'microsoft.containerinstance/containergroups': ['containers', 'imageRegistryCredentials'],
  'microsoft.containerregistry/registries/webhooks': ['serviceUri', 'customHeaders'],
  'microsoft.compute/virtualmachines': ['osProfile'],
};

/** The secret members of a type's properties. */
export function secretsOf(type: string): readonly string[] {
  return SECRETS[type] ?? [];
}

/** What the opening of stores is given beside where and how. */
export interface StoresOptions {
  readonly nowMs: number;
  /** Called when what is on the disk is in doubt: the process must end. */
  readonly onFatal: (error: unknown) => void;
  /** Told of each blob that is found damaged. */
  readonly onDamage: (blob: BlobBytes, damage: Damage) => void;
}

/** Opens everything a server keeps; what was opened is closed again when something fails. */
export async function openStores(
  dataDir: DataDir,
  config: Pick<Config, 'manifestCacheBytes' | 'verifyReads'>,
  { nowMs, onFatal, onDamage }: StoresOptions,
): Promise<Stores> {
  await using stack = new AsyncDisposableStack();
  // Threads take their time to start.
  const thread = stack.use(new WriterThread().begin());
  const rarely = stack.use(new WriterThread().begin());
  const box = await openSecretBox(join(dataDir.trust, 'secret.key'));
  const directory = stack.use(openSqliteDirectory(dataDir.directory, { sealer: box, onFatal }));
  const keys = await openSigningKeyRing(signingKeyFile(join(dataDir.trust, 'signing-keys.json')), nowMs);
  const bytes = stack.use(await openFileBytes(dataDir.content));
  const cacheBytes = config.manifestCacheBytes;
  const opening = [
    openMetadata({ path: dataDir.metadata, cacheBytes, thread, onFatal }),
    openState({ path: dataDir.resources, secrets: { of: secretsOf, sealer: box }, thread: rarely, onFatal }),
    openWork({ path: dataDir.work, thread: rarely, onFatal }),
  ] as const;
  for (const settled of await Promise.allSettled(opening)) if (settled.status === 'fulfilled') stack.use(settled.value);
  const [metadata, state, work] = await Promise.all(opening);
  const uploads = new UploadSessions(metadata, bytes);
  const verifier = new Verifier({ metadata, bytes, checksReads: config.verifyReads, onDamage });
  stack.defer(() => uploads.close());
  const opened = stack.move();
  return {
    content: { metadata, bytes, uploads, verifier },
    directory,
    keys,
    state,
    work,
    box,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
