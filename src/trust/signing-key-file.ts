import { PRIVATE_MODE, readSecretFile, TrustFileError, writeDurably } from './durable-file.ts';
import type { SigningKeyStore, StoredSigningKey } from './signing-key.ts';

/** A signing key file that cannot be read; the message names it and says how to mend it. */
class SigningKeyFileError extends TrustFileError {
  override name = 'SigningKeyFileError';
}

/** Keeps signing keys in one JSON file, readable by its owner alone. Its directory must be there. */
export function signingKeyFile(path: string): SigningKeyStore {
  return {
    load: async () => {
      const text = await readSecretFile(path);
      return text === undefined ? [] : parse(path, text);
    },
    save: (keys) => writeDurably(path, `${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`, PRIVATE_MODE),
  };
}

function parse(path: string, text: string): readonly StoredSigningKey[] {
  const keys = keysOf(text);
  if (keys?.every(isStoredKey)) return keys;
  throw new SigningKeyFileError(
    `${path} does not hold signing keys of version 1. Restore it from a backup; or remove it, and new keys are made: every client must then log in again`,
  );
}

function keysOf(text: string): readonly unknown[] | undefined {
  try {
    const file = JSON.parse(text) as { version?: unknown; keys?: unknown } | null;
    return file?.version === 1 && Array.isArray(file.keys) ? file.keys : undefined;
  } catch {
    return undefined;
  }
}

function isStoredKey(value: unknown): value is StoredSigningKey {
  if (typeof value !== 'object' || value === null) return false;
  const { kid, createdMs, jwk } = value as Partial<Record<keyof StoredSigningKey, unknown>>;
  return typeof kid === 'string' && Number.isSafeInteger(createdMs) && typeof jwk === 'object' && jwk !== null;
}
