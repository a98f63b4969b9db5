import { okJson, type Reply } from '../http/reply.ts';
import { type AuthServices, issuerOf } from './services.ts';
import { wrongTenant } from './tenant.ts';

/** Where the endpoints of the authority are: as AD FS has them, or the second version of Entra ID (facts/acr.md §4.1). */
export type AuthorityStyle = 'adfs' | 'entra';

/**
 * Answers `GET …/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §3). The issuer is in both styles the one that tokens name.
 */
export function answerOpenidConfiguration(services: AuthServices, tenant: string, style: AuthorityStyle): Reply {
  return (
    wrongTenant(services, tenant) ??
    okJson({
      issuer: issuerOf(services),
      ...endpointsOf(services, style),
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'private_key_jwt'],
      grant_types_supported: [
        'client_credentials',
        'password',
        'refresh_token',
        'authorization_code',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      response_modes_supported: ['query', 'form_post'],
      code_challenge_methods_supported: ['S256'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    })
  );
}

function endpointsOf(services: AuthServices, style: AuthorityStyle): object {
  const { issuerBase } = services.authority;
  switch (style) {
    case 'adfs':
      return endpoints(`${issuerBase}/adfs`, 'oauth2', 'discovery');
    case 'entra':
      return endpoints(`${issuerBase}/${services.directory.snapshot().tenantId}`, 'oauth2/v2.0', 'discovery/v2.0');
  }
}

function endpoints(base: string, oauth: string, discovery: string): object {
  return {
    authorization_endpoint: `${base}/${oauth}/authorize`,
    token_endpoint: `${base}/${oauth}/token`,
    device_authorization_endpoint: `${base}/${oauth}/devicecode`,
    jwks_uri: `${base}/${discovery}/keys`,
  };
}

/** Answers `GET /common/discovery/instance`: this authority is known, under its one name, and where its document is. */
export function answerInstanceDiscovery({ authority, directory }: AuthServices): Reply {
  const { host } = new URL(authority.issuerBase);
  const document = `${authority.issuerBase}/${directory.snapshot().tenantId}/v2.0/.well-known/openid-configuration`;
  return okJson({
    tenant_discovery_endpoint: document,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  });
}

/** Answers `GET /common/userrealm/{name}`: everybody signs in here, and at no other authority. */
export function answerUserRealm(name: string): Reply {
  const domain = name.slice(name.lastIndexOf('@') + 1);
  return okJson({ ver: '1.0', account_type: 'Managed', domain_name: domain, cloud_instance_name: 'seawall' });
}

/** Answers the request for the public keys of all tokens of this server (RFC 7517 §5). */
export function answerSigningKeys(services: AuthServices, tenant: string, nowMs: number): Reply {
  return wrongTenant(services, tenant) ?? okJson(services.keys.jwks(nowMs));
}
