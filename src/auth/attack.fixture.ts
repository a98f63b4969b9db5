import type { KeyObject } from 'node:crypto';
import { CompactSign } from 'jose';
import { authenticate } from './authenticate.ts';
import { parseAuthorization } from './authorization-header.ts';
import type { RegistryView } from './registry-view.ts';
import { accessToken, basic, NOW, type World } from './world.fixture.ts';

/** What tests ask tokens for. */
export const SCOPE = 'repository:team/app:pull,push';

/** What becomes of a token: `allowed` when its bearer may pull `team/app`, else why not. */
export async function verdict(w: World, token: string, view: RegistryView = w.view(), nowMs = NOW): Promise<string> {
  const who = await authenticate(w.services, parseAuthorization(`Bearer ${token}`), view, nowMs);
  if (who.kind === 'rejected') return who.why;
  return who.caller.judge('pull', 'team/app');
}

/** The Basic header of the admin user. */
export async function adminLogin(w: World): Promise<string> {
  return basic('myregistry', (await w.directory.adminPasswords(w.registry.uid, NOW)).password);
}

/** An access token of the admin user. */
export async function adminToken(w: World, scope = SCOPE): Promise<string> {
  return accessToken(w, await adminLogin(w), scope);
}

/** The bytes of a token's signature. */
export function signatureOf(token: string): Buffer {
  return Buffer.from(token.split('.')[2] ?? '', 'base64url');
}

/** A part of a token, from text or from what is written as JSON. */
export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** A token with this payload, spelt as given, that the server's own key signs: what not even a leaked signer should get past. */
export function signOwn(w: World, payload: object | string, header: object = {}): Promise<string> {
  const { kid, privateKey } = w.keys.signingKey();
  return signWith(privateKey, payload, { kid, ...header });
}

/** A token with this payload that any key signs. */
export function signWith(key: KeyObject, payload: object | string, header: object): Promise<string> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: 'ES256', typ: 'JWT', ...header }).sign(key);
}
