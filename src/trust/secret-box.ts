import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { PRIVATE_MODE, readSecretFile, TrustFileError, writeDurably } from './durable-file.ts';

const KEY_BYTES = 32;
/** NIST SP 800-38D §8.2.2: random 96-bit values, for far fewer than 2^32 messages under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1.';

/** A sealed secret that this box's key does not open, or that was sealed for another place. */
class SecretBoxError extends TrustFileError {
  override name = 'SecretBoxError';
}

/** Keeps secrets that must be shown again (AES-256-GCM). */
export interface SecretBox {
  /** Encrypts `secret`; it can be opened only with the same `place`, so that sealed values cannot be exchanged. */
  seal(secret: string, place: string): string;
  /** Decrypts. Throws {@link SecretBoxError} when the text was changed, or sealed with another key or place. */
  open(sealed: string, place: string): string;
}

/** Opens the box whose key is in the file `path`; makes the key when there is none. Its directory must be there. */
export async function openSecretBox(path: string): Promise<SecretBox> {
  const key = await loadKey(path);
  return {
    seal: (secret, place) => VERSION + seal(key, secret, place).toString('base64url'),
    open: (sealed, place) => {
      try {
        return unseal(key, Buffer.from(sealed.slice(VERSION.length), 'base64url'), place);
      } catch (cause) {
        throw new SecretBoxError(`a stored secret (${place}) cannot be opened with ${path}. Restore the key file`, {
          cause,
        });
      }
    },
  };
}

async function loadKey(path: string): Promise<Buffer> {
  const text = await readSecretFile(path);
  if (text === undefined) return makeKey(path);
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length === KEY_BYTES) return key;
  throw new SecretBoxError(`${path} does not hold a key of ${KEY_BYTES} bytes. Restore it from a backup`);
}

async function makeKey(path: string): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES);
  await writeDurably(path, `${key.toString('base64url')}\n`, PRIVATE_MODE);
  return key;
}

function seal(key: Buffer, secret: string, place: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
  const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

function unseal(key: Buffer, sealed: Buffer, place: string): string {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(place)).setAuthTag(tag);
  const text = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString('utf8');
}
