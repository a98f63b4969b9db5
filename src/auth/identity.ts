import type { Principal } from '../access/principal.ts';
import type { Credential, CredentialSlot } from '../directory/port.ts';

/** Which secret of a principal proved it, and which version of that secret. */
export interface CredentialReference {
  readonly slot: CredentialSlot;
  readonly version: string;
}

/** A principal with its proof: what a token carries (invariant 10). */
export type Identity =
  | { readonly principal: Exclude<Principal, { kind: 'anonymous' }>; readonly credential: CredentialReference }
  | { readonly principal: { readonly kind: 'anonymous' }; readonly credential?: undefined };

/** Nobody in particular. */
export const ANONYMOUS: Identity = { principal: { kind: 'anonymous' } };

/** The credential that a reference means; `undefined` when its secret has been changed or removed. */
export function findCredential(
  credentials: readonly Credential[],
  { slot, version }: CredentialReference,
): Credential | undefined {
  return credentials.find((credential) => credential.slot === slot && credential.version === version);
}
