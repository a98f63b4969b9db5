import { accountOf } from './account.ts';
import { audiencesOf, type AuthServices, issuerOf, withoutSlash } from './services.ts';
import { signArmToken } from './sign-token.ts';
import { ARM_TOKEN_LIFETIME_MS } from './token-claims.ts';

/** A token for a resource with an identity of its own, or why there is none. */
export type IdentityToken =
  | { readonly kind: 'token'; readonly token: string; readonly clientId: string; readonly lifetimeMs: number }
  | { readonly kind: 'unknown-identity' }
  | { readonly kind: 'unknown-resource'; readonly known: readonly string[] };

/** Makes the token of a managed identity, found by its object id; `audience` is the resource that it is for. */
export async function managedIdentityToken(
  services: AuthServices,
  { objectId, audience, nowMs }: { readonly objectId: string; readonly audience: string; readonly nowMs: number },
): Promise<IdentityToken> {
  const directory = services.directory.snapshot();
  const known = directory.servicePrincipals().find((one) => one.objectId === objectId);
  const principal = { kind: 'service-principal', clientId: known?.clientId ?? '' } as const;
  const credential = directory.credentials(principal).find(({ slot }) => slot === 'managed');
  const account = accountOf(directory, principal);
  if (known === undefined || credential === undefined || account === undefined) return { kind: 'unknown-identity' };
  const audiences = audiencesOf(services);
  if (!audiences.includes(withoutSlash(audience))) return { kind: 'unknown-resource', known: audiences };
  const { slot, version } = credential;
  const token = await signArmToken(
    {
      keys: services.keys,
      issuer: issuerOf(services),
      tenantId: directory.tenantId,
      clientId: known.clientId,
      account,
      identity: { principal, credential: { slot, version } },
      nowMs,
    },
    withoutSlash(audience),
  );
  return { kind: 'token', token, clientId: known.clientId, lifetimeMs: ARM_TOKEN_LIFETIME_MS };
}
