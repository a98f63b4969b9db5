/** The name under which `az` knows this server as a cloud. */
export const CLOUD_NAME = 'seawall';

/** Where a server is, as far as a cloud is told. */
export interface CloudPlace {
  readonly control: string;
  readonly authority: string;
  readonly registrySuffix: string;
}

/** A cloud, with the names that `az cloud register --cloud-config` takes. */
export interface AzureCloud {
  readonly endpoints: Readonly<Record<string, string>>;
  readonly suffixes: Readonly<Record<string, string>>;
}

/** The cloud that a server is to `az`: the fields without which one or another of its commands ends (facts/acr.md §0.4). */
export function azureCloud(server: CloudPlace): AzureCloud {
  const [control = '', authority = ''] = [server.control, server.authority].map((url) => url.replace(/\/$/, ''));
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

/** The cloud as `clouds.config` in az's folder has it: what `az cloud register` writes. */
export function cloudFile({ endpoints, suffixes }: AzureCloud): string {
  const lines = (kind: string, of: Readonly<Record<string, string>>): string =>
    Object.entries(of)
      .map(([key, value]) => `${kind}_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} = ${value}\n`)
      .join('');
  return `[${CLOUD_NAME}]\n${lines('endpoint', endpoints)}${lines('suffix', suffixes)}\n`;
}
