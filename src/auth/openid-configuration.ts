import { okJson, type Reply } from '../http/reply.ts';
import { wrongTenant } from './login-authority.ts';
import { type AuthServices, issuerOf } from './services.ts';

/**
 * Answers `GET /{tenant}/v2.0/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §3). The authorization
 * endpoint is named because clients insist on its name; nobody logs in there.
 */
export function answerOpenidConfiguration(services: AuthServices, tenant: string): Reply {
  const wrong = wrongTenant(services, tenant);
  if (wrong !== undefined) return wrong;
  const base = `${services.authority.issuerBase}/${services.directory.snapshot().tenantId}`;
  return okJson({
    issuer: issuerOf(services),
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    grant_types_supported: ['client_credentials'],
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  });
}

/** Answers `GET /{tenant}/discovery/v2.0/keys`: the public keys of all tokens of this server (RFC 7517 §5). */
export function answerSigningKeys(services: AuthServices, tenant: string, nowMs: number): Reply {
  return wrongTenant(services, tenant) ?? okJson(services.keys.jwks(nowMs));
}
