import type { Directory } from '../directory/port.ts';
import type { SigningKeyRing } from '../trust/signing-key-ring.ts';
import { createFederation, type Federation, type FetchJson } from './federation.ts';
import { PendingSignIns } from './pending-sign-in.ts';
import { type TokenVerifier, tokenVerifier } from './token-verifier.ts';

/** The resource of tokens that are for registries alone (facts/acr.md §3.2). */
const REGISTRY_AUDIENCE = 'https://containerregistry.azure.net';

/** The login authority's settings. */
export interface AuthoritySettings {
  /** The authority's public URL, without a slash at its end; it never comes from a request. */
  readonly issuerBase: string;
  /** The resources that a token for the management API may be for; the first is named in messages. */
  readonly armAudiences: readonly string[];
  /** The resource that tokens for the directory's API (Microsoft Graph) are for. */
  readonly graphAudience: string;
}

/** What all of authentication works with. */
export interface AuthServices {
  readonly directory: Pick<Directory, 'snapshot'>;
  readonly keys: SigningKeyRing;
  readonly authority: AuthoritySettings;
  readonly verifier: TokenVerifier;
  readonly federation: Federation;
  readonly pending: PendingSignIns;
}

/** Brings together what authentication works with; verified tokens are remembered in what this returns. */
export function authServices({
  fetchJson,
  ...parts
}: Omit<AuthServices, 'verifier' | 'federation' | 'pending'> & {
  /** Asks outside issuers for their documents. */
  readonly fetchJson: FetchJson;
}): AuthServices {
  return {
    ...parts,
    verifier: tokenVerifier(parts.keys),
    federation: createFederation(fetchJson),
    pending: new PendingSignIns(),
  };
}

/** The issuer that tokens for the management API name. */
export function issuerOf({ authority, directory }: AuthServices): string {
  return `${authority.issuerBase}/${directory.snapshot().tenantId}/v2.0`;
}

/** Every resource that the login authority gives tokens for, without a slash at its end. */
export function audiencesOf({ authority }: AuthServices): readonly string[] {
  return [...authority.armAudiences, authority.graphAudience, REGISTRY_AUDIENCE].map(withoutSlash);
}

/** A resource's URL without slashes at its end: clients write it either way. */
export function withoutSlash(resource: string): string {
  return resource.endsWith('/') ? withoutSlash(resource.slice(0, -1)) : resource;
}
