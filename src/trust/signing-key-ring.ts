import type { KeyObject, webcrypto } from 'node:crypto';
import {
  importSigningKey,
  newSigningKey,
  type SigningKey,
  type SigningKeyStore,
  type StoredSigningKey,
} from './signing-key.ts';

const HOUR_MS = 60 * 60 * 1000;

/** A key that signed until it was replaced still verifies for this long, in ms: more than any token lives. */
export const OVERLAP_MS = 25 * HOUR_MS;
/** A key older than this is replaced when the ring is opened, in ms. */
const ROTATE_AFTER_MS = 90 * 24 * HOUR_MS;

/** A public key with the parameters by which a verifier finds it (RFC 7517 §4). */
type PublicJsonWebKey = webcrypto.JsonWebKey & { readonly kid: string; readonly alg: 'ES256'; readonly use: 'sig' };

/** A set of public keys (RFC 7517 §5). */
export interface JsonWebKeySet {
  readonly keys: readonly PublicJsonWebKey[];
}

/** The keys that sign and verify tokens: the newest signs, older ones verify until what they signed has expired. */
export interface SigningKeyRing {
  /** The key that signs now. */
  signingKey(): { readonly kid: string; readonly privateKey: KeyObject };
  /** The public key of this id; `undefined` when it was never known or is not to be trusted any more. */
  verifyingKey(kid: string, nowMs: number): KeyObject | undefined;
  /** The public keys, for those who verify elsewhere. */
  jwks(nowMs: number): JsonWebKeySet;
  /** Makes a new key that signs from now on, and forgets those whose overlap is over. Durable when it resolves. */
  rotate(nowMs: number): Promise<void>;
  /** The same when the newest key is 90 days old. */
  rotateIfOld(nowMs: number): Promise<void>;
}

/** Opens the ring; makes the first key, and a new one when the newest is 90 days old. */
export async function openSigningKeyRing(store: SigningKeyStore, nowMs: number): Promise<SigningKeyRing> {
  let stored = await store.load();
  let keys = stored.map(importSigningKey);
  const rotate = async (atMs: number): Promise<void> => {
    const next: readonly StoredSigningKey[] = [...trusted(stored, atMs), newSigningKey(atMs)];
    await store.save(next);
    stored = next;
    keys = next.map(importSigningKey);
  };
  const rotateIfOld = async (atMs: number): Promise<void> => {
    const newest = stored.at(-1);
    if (newest === undefined || atMs - newest.createdMs > ROTATE_AFTER_MS) await rotate(atMs);
  };
  await rotateIfOld(nowMs);
  return {
    signingKey: () => newestOf(keys),
    verifyingKey: (kid, atMs) => {
      const at = keys.findIndex((key) => key.kid === kid);
      return isTrusted(keys, at, atMs) ? keys[at]?.publicKey : undefined;
    },
    jwks: (atMs) => ({ keys: trusted(keys, atMs).map(publicJwk) }),
    rotate,
    rotateIfOld,
  };
}

function newestOf(keys: readonly SigningKey[]): SigningKey {
  const newest = keys.at(-1);
  if (newest === undefined) throw new TypeError('a signing key ring is never empty');
  return newest;
}

/** The keys still trusted. */
function trusted<K extends { readonly createdMs: number }>(keys: readonly K[], nowMs: number): readonly K[] {
  return keys.filter((_, at) => isTrusted(keys, at, nowMs));
}

/** A key stops to sign when the one after it was made, and is trusted for the overlap from then on. */
function isTrusted(keys: readonly { readonly createdMs: number }[], at: number, nowMs: number): boolean {
  return nowMs - (keys[at + 1]?.createdMs ?? nowMs) <= OVERLAP_MS;
}

function publicJwk(key: SigningKey): PublicJsonWebKey {
  return { ...key.publicKey.export({ format: 'jwk' }), kid: key.kid, alg: 'ES256', use: 'sig' };
}
