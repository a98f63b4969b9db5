import type { KeyObject } from 'node:crypto';
import { compactVerify, errors } from 'jose';
import { isJsonObject, type JsonObject } from '../oci/descriptor.ts';
import type { SigningKeyRing } from '../trust/signing-key-ring.ts';
import { reject, type Rejection } from './rejection.ts';
import type { Token } from './token.ts';
import { parseTokenClaims, type TokenClaims } from './token-claims.ts';
import { VerifiedTokens } from './verified-tokens.ts';

/** The largest token that is looked at, in characters. */
const MAX_TOKEN_LENGTH = 8 * 1024;

/** A signature of 64 bytes leaves four bits of its last character unused; all but zeros there spell the same token anew. */
const CANONICAL_END = /\.[\w-]{85}[AQgw]$/;

/** The outcome of verifying: `claims` are what this server once signed; whether they hold now is checked elsewhere. */
export type Verified = { readonly kind: 'verified'; readonly claims: TokenClaims } | Rejection;

/** Verifies tokens of this server's own keys; a token verified before in the same epoch costs one hash, where it has not been taken. */
export interface TokenVerifier {
  verify(token: Token, authEpoch: number, nowMs: number): Promise<Verified>;
}

/** Makes a verifier with a cache of its own. */
export function tokenVerifier(keys: SigningKeyRing): TokenVerifier {
  const verified = new VerifiedTokens();
  return {
    verify: async (token, authEpoch, nowMs) => {
      const { text } = token;
      if (text.length > MAX_TOKEN_LENGTH)
        return reject('malformed-token', `the token is longer than ${MAX_TOKEN_LENGTH} characters`);
      const known = verified.get(token.id, authEpoch);
      // The signing key may have left the ring since: then the token is looked at anew, and refused.
      if (known !== undefined && keys.verifyingKey(known.kid, nowMs) !== undefined)
        return { kind: 'verified', claims: known.claims };
      const signed = await verifySignature(text, (kid) => keys.verifyingKey(kid, nowMs));
      if (signed.kind === 'rejected') return signed;
      const claims = parseTokenClaims(signed.payload);
      if (claims === undefined) return reject('malformed-token', 'the token is not one that this server issues');
      verified.put(token.id, { claims, kid: signed.kid, authEpoch, size: text.length });
      return { kind: 'verified', claims };
    },
  };
}

type Signed = { readonly kind: 'signed'; readonly payload: JsonObject; readonly kid: string } | Rejection;

async function verifySignature(token: string, keyOf: (kid: string) => KeyObject | undefined): Promise<Signed> {
  let kid = '';
  try {
    const result = await compactVerify(
      token,
      (header) => {
        kid = typeof header.kid === 'string' ? header.kid : '';
        const key = keyOf(kid);
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key;
      },
      { algorithms: ['ES256'] },
    );
    if (!CANONICAL_END.test(token)) return unreadable();
    const payload = parseCanonical(result.payload);
    return payload === undefined ? unreadable() : { kind: 'signed', payload, kid };
  } catch (error) {
    if (error instanceof errors.JOSEError) return refusalOf(error);
    throw error;
  }
}

/** Parses a payload only when it is spelt as this server spells it: so no claim can be there twice. */
function parseCanonical(payload: Uint8Array): JsonObject | undefined {
  try {
    const text = Buffer.from(payload).toString('utf8');
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

function refusalOf(error: errors.JOSEError): Rejection {
  if (error instanceof errors.JOSEAlgNotAllowed)
    return reject('algorithm-not-allowed', 'the token is not signed with ES256, as every token of this server is');
  if (error instanceof errors.JWKSNoMatchingKey)
    return reject('unknown-key', 'the token is signed with a key that this server does not trust; log in again');
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return reject('bad-signature', 'the signature of the token is wrong');
  return unreadable();
}

function unreadable(): Rejection {
  return reject('malformed-token', 'the token is not a signed JSON Web Token');
}
