import { answerAuthorityToken } from '../auth/login-authority.ts';
import { answerSigningKeys, answerOpenidConfiguration } from '../auth/openid-configuration.ts';
import type { AuthServices } from '../auth/services.ts';
import type { ControlRoute } from './control-plane.ts';

/** The login authority, in the style of Entra's second version. */
export function authorityRoutes(auth: AuthServices, now: () => number): readonly ControlRoute[] {
  return [
    {
      spec: 'authority-token',
      method: 'POST',
      path: '/{tenant}/oauth2/v2.0/token',
      handle: ({ incoming }, { tenant = '' }) => answerAuthorityToken(auth, incoming, tenant, now()),
    },
    {
      spec: 'authority-configuration',
      method: 'GET',
      path: '/{tenant}/v2.0/.well-known/openid-configuration',
      handle: async (_, { tenant = '' }) => answerOpenidConfiguration(auth, tenant),
    },
    {
      spec: 'authority-keys',
      method: 'GET',
      path: '/{tenant}/discovery/v2.0/keys',
      handle: async (_, { tenant = '' }) => answerSigningKeys(auth, tenant, now()),
    },
  ];
}
