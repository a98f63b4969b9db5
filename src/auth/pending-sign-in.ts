import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { Identity } from './identity.ts';
import type { ResourceScope } from './resource-scope.ts';

/** How long a person has to sign in at another device, in ms (RFC 8628 §3.2). */
export const DEVICE_LIFETIME_MS = 15 * 60_000;
/** How long a client has to fetch its token after a sign-in, in ms (RFC 6749 §4.1.2: ten minutes at most). */
const CODE_LIFETIME_MS = 5 * 60_000;
/** How many of each are remembered; the oldest is forgotten for a new one. */
const REMEMBERED = 1000;
/** How many of them one address may have: whoever begins more loses its own oldest, and nobody else's. */
const OF_ONE = 50;
/** Letters that are not taken for others, and make no words (RFC 8628 §6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const USER_CODE_LETTERS = 9;

/** A person who signed in. */
export type SignedIn = Extract<Identity, { readonly credential: object }>;

/** What a client asked a person to sign in for. */
export interface SignInRequest {
  readonly clientId: string;
  readonly scope: ResourceScope;
}

/** A sign-in by redirection (RFC 6749 §4.1, RFC 7636). */
export interface CodeRequest extends SignInRequest {
  readonly redirectUri: string;
  /** The SHA-256 of the verifier, in base64url. */
  readonly challenge: string;
  readonly nonce: string | undefined;
}

interface Device extends SignInRequest {
  readonly userCode: string;
  readonly expiresMs: number;
  /** Who began it. */
  readonly from: object;
  identity: SignedIn | undefined;
}

interface Code extends CodeRequest {
  readonly expiresMs: number;
  readonly identity: SignedIn;
}

/** What a client that polls is told. */
export type DevicePoll =
  | { readonly kind: 'signed-in'; readonly request: SignInRequest; readonly identity: SignedIn }
  | { readonly kind: 'pending' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' };

/** Sign-ins under way: forgotten with the process, as they are minutes old. */
export class PendingSignIns {
  readonly #devices = new Map<string, Device>();
  readonly #codes = new Map<string, Code>();

  /** Begins a sign-in at another device. */
  beginDevice(
    request: SignInRequest,
    from: object,
    nowMs: number,
  ): { readonly deviceCode: string; readonly userCode: string } {
    const deviceCode = randomBytes(32).toString('base64url');
    const userCode = newUserCode();
    this.#makeRoom(from);
    keep(this.#devices, hashOf(deviceCode), {
      ...request,
      userCode,
      expiresMs: nowMs + DEVICE_LIFETIME_MS,
      from,
      identity: undefined,
    });
    return { deviceCode, userCode };
  }

  /** The client that waits for a code that a person typed. */
  waiting(typed: string, nowMs: number): SignInRequest | undefined {
    return this.#device(typed, nowMs);
  }

  /** Lets the client that waits have its token; false when nobody waits for this code any more. */
  approve(typed: string, identity: SignedIn, nowMs: number): boolean {
    const device = this.#device(typed, nowMs);
    if (device === undefined) return false;
    device.identity = identity;
    return true;
  }

  /** How a sign-in stands; one that is done is told once. */
  poll(deviceCode: string, clientId: string, nowMs: number): DevicePoll {
    const key = hashOf(deviceCode);
    const device = this.#devices.get(key);
    if (device === undefined || device.clientId !== clientId) return { kind: 'unknown' };
    if (device.expiresMs <= nowMs) return { kind: 'expired' };
    if (device.identity === undefined) return { kind: 'pending' };
    this.#devices.delete(key);
    return { kind: 'signed-in', request: device, identity: device.identity };
  }

  /** A code that stands for a person who signed in, for the client that has the verifier. */
  issueCode(request: CodeRequest, identity: SignedIn, nowMs: number): string {
    const code = randomBytes(32).toString('base64url');
    keep(this.#codes, hashOf(code), { ...request, identity, expiresMs: nowMs + CODE_LIFETIME_MS });
    return code;
  }

  /** Takes a code, which is gone then whatever comes of it (RFC 6749 §4.1.2). */
  redeem(
    {
      code,
      clientId,
      redirectUri,
      verifier,
    }: { readonly code: string; readonly clientId: string; readonly redirectUri: string; readonly verifier: string },
    nowMs: number,
  ): { readonly request: CodeRequest; readonly identity: SignedIn } | undefined {
    const key = hashOf(code);
    const kept = this.#codes.get(key);
    this.#codes.delete(key);
    if (kept === undefined || kept.expiresMs <= nowMs) return undefined;
    const challenge = createHash('sha256').update(verifier).digest();
    const asked = Buffer.from(kept.challenge, 'base64url');
    const proves = asked.length === challenge.length && timingSafeEqual(asked, challenge);
    if (!proves || kept.clientId !== clientId || kept.redirectUri !== redirectUri) return undefined;
    return { request: kept, identity: kept.identity };
  }

  #makeRoom(from: object): void {
    const own = [...this.#devices].filter(([, device]) => device.from === from);
    const [oldest] = own;
    if (own.length >= OF_ONE && oldest !== undefined) this.#devices.delete(oldest[0]);
  }

  #device(typed: string, nowMs: number): Device | undefined {
    const userCode = typed.toUpperCase().replaceAll(/[^A-Z]/g, '');
    const found = [...this.#devices.values()].find((device) => device.userCode === userCode);
    return found === undefined || found.expiresMs <= nowMs || found.identity !== undefined ? undefined : found;
  }
}

function newUserCode(): string {
  return Array.from({ length: USER_CODE_LETTERS }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  const [oldest] = map.keys();
  if (map.size >= REMEMBERED && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
