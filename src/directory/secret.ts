import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Credential } from './port.ts';

/** 312 random bits, 52 characters. */
const SECRET_BYTES = 39;

/** Makes a secret of 52 letters, digits, - and _, which never starts like an option of a command. */
export function newSecret(): string {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return /^[a-zA-Z0-9]/.test(secret) ? secret : newSecret();
}

/** The form in which a secret is kept. One SHA-256 is enough, as secrets are random and never chosen by people. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/** The credential that `secret` is, compared in constant time; `undefined` when it is none of them. */
export function matchSecret(credentials: readonly Credential[], secret: string): Credential | undefined {
  const hash = hashSecret(secret);
  return credentials.find((credential) => timingSafeEqual(credential.hash, hash));
}

/** Whether a credential's time is over. */
export function isExpired(credential: Credential, nowMs: number): boolean {
  return credential.expiresMs !== undefined && credential.expiresMs <= nowMs;
}
