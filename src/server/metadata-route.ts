import type { AuthServices } from '../auth/services.ts';
import { okJson, refuseArm } from '../http/reply.ts';
import type { ControlRoute } from './control-plane.ts';

/** Where a cloud's parts are, as clients find them by the address of its management API alone. */
export interface CloudMetadata {
  /** The origin of the control listener, without a final slash. */
  readonly origin: string;
  readonly registrySuffix: string;
}

/** The name that the cloud goes by. */
const NAME = 'seawall';
/** From this version on the answer is this cloud alone; from 2018-05-01 a list of clouds; before that an older shape. */
const SINGLE_SINCE = '2022-09-01';
const LIST_SINCE = '2018-05-01';

/** `GET /metadata/endpoints`, without sign-in: what `az cloud register` and Terraform's azurerm read first. */
export function metadataRoute(cloud: CloudMetadata, auth: AuthServices): ControlRoute {
  return {
    spec: 'cloud-metadata',
    method: 'GET',
    path: '/metadata/endpoints',
    handle: async ({ incoming }) => {
      const version = incoming.query.get('api-version');
      if (version === null)
        return refuseArm({
          code: 'MissingApiVersionParameter',
          message: 'The api-version query parameter (?api-version=) is required for all requests.',
        });
      const { tenantId } = auth.directory.snapshot();
      if (version < LIST_SINCE) return okJson(oldest(cloud));
      const one = metadata(cloud, tenantId);
      return okJson(version < SINGLE_SINCE ? [one] : one);
    },
  };
}

function metadata({ origin, registrySuffix }: CloudMetadata, tenant: string): object {
  return {
    name: NAME,
    portal: origin,
    authentication: {
      loginEndpoint: `${origin}/`,
      audiences: [origin, `${origin}/`],
      tenant,
      identityProvider: 'AAD',
    },
    resourceManager: `${origin}/`,
    graph: `${origin}/graph`,
    graphAudience: `${origin}/graph`,
    microsoftGraphResourceId: `${origin}/graph`,
    vmImageAliasDoc: `${origin}/seawall/image-aliases.json`,
    suffixes: { acrLoginServer: registrySuffix, storage: 'storage.localhost' },
  };
}

function oldest({ origin }: CloudMetadata): object {
  return {
    galleryEndpoint: origin,
    graphEndpoint: `${origin}/graph`,
    portalEndpoint: origin,
    authentication: { loginEndpoint: `${origin}/`, audiences: [origin] },
  };
}
