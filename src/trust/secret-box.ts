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
  /**
   * Seals with a new key from now on. `reseal` opens and seals again whatever is kept; until it has resolved the old key
   * is kept beside the new one, over a crash too, and then it is forgotten.
   */
  rotate(reseal: () => Promise<void>): Promise<void>;
}

/** Opens the box whose key is in the file `path`; makes the key when there is none. Its directory must be there. */
export async function openSecretBox(path: string): Promise<SecretBox> {
  let keys = await loadKeys(path);
  return {
    seal: (secret, place) => VERSION + seal(newestOf(keys), secret, place).toString('base64url'),
    open: (sealed, place) => {
      const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url');
      const causes: unknown[] = [];
      for (const key of keys)
        try {
          return unseal(key, bytes, place);
        } catch (cause) {
          causes.push(cause);
        }
      throw new SecretBoxError(`a stored secret (${place}) cannot be opened with ${path}. Restore the key file`, {
        cause: new AggregateError(causes),
      });
    },
    rotate: async (reseal) => {
      const key = randomBytes(KEY_BYTES);
      await saveKeys(path, [key, ...keys]);
      keys = [key, ...keys];
      await reseal();
      await saveKeys(path, [key]);
      keys = [key];
    },
  };
}

/** The key that seals comes first; others are there while what they sealed is sealed again. */
async function loadKeys(path: string): Promise<readonly Buffer[]> {
  const text = await readSecretFile(path);
  if (text === undefined) {
    const key = randomBytes(KEY_BYTES);
    await saveKeys(path, [key]);
    return [key];
  }
  const keys = text
    .trim()
    .split('\n')
    .map((line) => Buffer.from(line, 'base64url'));
  if (keys.every(({ length }) => length === KEY_BYTES)) return keys;
  throw new SecretBoxError(`${path} does not hold a key of ${KEY_BYTES} bytes. Restore it from a backup`);
}

async function saveKeys(path: string, keys: readonly Buffer[]): Promise<void> {
  await writeDurably(path, keys.map((key) => `${key.toString('base64url')}\n`).join(''), PRIVATE_MODE);
}

function newestOf(keys: readonly Buffer[]): Buffer {
  const [newest] = keys;
  if (newest === undefined) throw new TypeError('a secret box is never without a key');
  return newest;
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
