import type { ServerAccess } from './running-server.ts';

/** The name under which `az` knows this server as a cloud. */
export const CLOUD_NAME = 'seawall';

/** The cloud that a server is to `az`: the fields without which one or another of its commands ends (facts/acr.md §0.4). */
export function azureCloud(server: ServerAccess): object {
  const [control, authority] = [server.control, server.authority].map((url) => url.replace(/\/$/, ''));
  return {
    endpoints: {
      resourceManager: control,
      management: control,
      activeDirectory: `${authority}/adfs`,
      activeDirectoryResourceId: control,
      activeDirectoryGraphResourceId: `${control}/graph`,
      microsoftGraphResourceId: `${control}/graph`,
      vmImageAliasDoc: `${control}/seawall/image-aliases.json`,
    },
    suffixes: {
      acrLoginServerEndpoint: `.${server.registrySuffix}`,
      storageEndpoint: 'storage.localhost',
    },
  };
}
