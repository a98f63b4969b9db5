import { answerAuthorityToken } from '../auth/login-authority.ts';
import {
  answerInstanceDiscovery,
  answerOpenidConfiguration,
  answerSigningKeys,
  answerUserRealm,
} from '../auth/openid-configuration.ts';
import type { AuthServices } from '../auth/services.ts';
import {
  answerAuthorize,
  answerAuthorizeForm,
  answerDeviceCode,
  answerDeviceForm,
  answerDevicePage,
} from '../auth/sign-in.ts';
import type { RawParameters } from '../http/router.ts';
import type { ControlRoute } from './control-plane.ts';

/** The login authority, in the styles of AD FS and of Entra's second version (facts/acr.md §4.1). */
export function authorityRoutes(auth: AuthServices, now: () => number): readonly ControlRoute[] {
  return [...adfsRoutes(auth, now), ...entraRoutes(auth, now)];
}

function adfsRoutes(auth: AuthServices, now: () => number): readonly ControlRoute[] {
  const configuration = (path: string): ControlRoute => ({
    spec: 'adfs-configuration',
    method: 'GET',
    path,
    handle: async () => answerOpenidConfiguration(auth, 'adfs', 'adfs'),
  });
  return [
    configuration('/adfs/.well-known/openid-configuration'),
    // az asks here whether the tenant `adfs` is there.
    configuration('/adfs/adfs/.well-known/openid-configuration'),
    // So do newer ones (2.91), there.
    configuration('/adfs/adfs/v2.0/.well-known/openid-configuration'),
    {
      spec: 'adfs-token',
      method: 'POST',
      path: '/adfs/oauth2/token',
      handle: ({ incoming }) => answerAuthorityToken(auth, incoming, 'adfs', now()),
    },
    ...signInRoutes('adfs', { base: '/adfs/oauth2', tenantOf: () => 'adfs' }, auth, now),
    {
      spec: 'adfs-keys',
      method: 'GET',
      path: '/adfs/discovery/keys',
      handle: async () => answerSigningKeys(auth, 'adfs', now()),
    },
  ];
}

function entraRoutes(auth: AuthServices, now: () => number): readonly ControlRoute[] {
  return [
    {
      spec: 'authority-instance',
      method: 'GET',
      path: '/common/discovery/instance',
      handle: async () => answerInstanceDiscovery(auth),
    },
    {
      spec: 'authority-token',
      method: 'POST',
      path: '/{tenant}/oauth2/v2.0/token',
      handle: ({ incoming }, { tenant = '' }) => answerAuthorityToken(auth, incoming, tenant, now()),
    },
    {
      spec: 'authority-user-realm',
      method: 'GET',
      path: '/common/userrealm/{user}',
      handle: async (_, { user = '' }) => answerUserRealm(user),
    },
    ...signInRoutes('authority', { base: '/{tenant}/oauth2/v2.0', tenantOf: ({ tenant = '' }) => tenant }, auth, now),
    {
      spec: 'device-page',
      method: 'GET',
      path: '/device',
      handle: async ({ incoming }) => answerDevicePage(incoming),
    },
    {
      spec: 'device-page',
      method: 'POST',
      path: '/device',
      handle: ({ incoming }) => answerDeviceForm(auth, incoming, now()),
    },
    {
      spec: 'authority-configuration',
      method: 'GET',
      path: '/{tenant}/v2.0/.well-known/openid-configuration',
      handle: async (_, { tenant = '' }) => answerOpenidConfiguration(auth, tenant, 'entra'),
    },
    {
      spec: 'authority-keys',
      method: 'GET',
      path: '/{tenant}/discovery/v2.0/keys',
      handle: async (_, { tenant = '' }) => answerSigningKeys(auth, tenant, now()),
    },
  ];
}

interface SignInPaths {
  readonly base: string;
  readonly tenantOf: (parameters: RawParameters) => string;
}

/** Where persons sign in: by a code at another device, or by redirection. */
function signInRoutes(
  spec: string,
  { base, tenantOf }: SignInPaths,
  auth: AuthServices,
  now: () => number,
): readonly ControlRoute[] {
  return [
    {
      spec: `${spec}-device-code`,
      method: 'POST',
      path: `${base}/devicecode`,
      handle: ({ incoming }, parameters) => answerDeviceCode(auth, incoming, tenantOf(parameters), now()),
    },
    {
      spec: `${spec}-authorize`,
      method: 'GET',
      path: `${base}/authorize`,
      handle: async ({ incoming }, parameters) => answerAuthorize(auth, incoming, tenantOf(parameters)),
    },
    {
      spec: `${spec}-authorize`,
      method: 'POST',
      path: `${base}/authorize`,
      handle: ({ incoming }, parameters) => answerAuthorizeForm(auth, incoming, tenantOf(parameters), now()),
    },
  ];
}
