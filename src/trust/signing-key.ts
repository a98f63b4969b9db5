import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  type webcrypto,
} from 'node:crypto';

/** A key that signs tokens with ES256 (RFC 7518 §3.4), as it is stored. Times are ms since the epoch. */
export interface StoredSigningKey {
  readonly kid: string;
  readonly createdMs: number;
  /** The private key (RFC 7517); the public one is part of it. */
  readonly jwk: webcrypto.JsonWebKey;
}

/** A signing key ready for use. */
export interface SigningKey {
  readonly kid: string;
  readonly createdMs: number;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Where signing keys are kept, so that several processes can share them. */
export interface SigningKeyStore {
  /** The keys, oldest first; none when there never were any. */
  load(): Promise<readonly StoredSigningKey[]>;
  /** Replaces all keys, durably. */
  save(keys: readonly StoredSigningKey[]): Promise<void>;
}

/** Makes a new key. */
export function newSigningKey(nowMs: number): StoredSigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid: randomUUID(), createdMs: nowMs, jwk: privateKey.export({ format: 'jwk' }) };
}

/** Makes a stored key usable. Throws when it is not a private key on the curve P-256. */
export function importSigningKey(stored: StoredSigningKey): SigningKey {
  const privateKey = createPrivateKey({ key: stored.jwk, format: 'jwk' });
  if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new TypeError(`the signing key ${stored.kid} is not on the curve P-256`);
  return { kid: stored.kid, createdMs: stored.createdMs, privateKey, publicKey: createPublicKey(privateKey) };
}
