import type { ArmError } from '../azure/error.ts';
import { accepts, shownVersions } from './api-version.ts';
import type { ResourceProvider, ResourceType } from './resource-type.ts';

/** Every provider with its types, found without regard to case. */
export interface ProviderIndex {
  readonly providers: readonly ResourceProvider[];
  provider(namespace: string): ResourceProvider | undefined;
  type(type: string): ResourceType | undefined;
}

/** Makes the index, once at start. Throws a TypeError when two types have one name: a mistake of the code. */
export function indexProviders(providers: readonly ResourceProvider[]): ProviderIndex {
  const byNamespace = new Map(providers.map((provider) => [provider.namespace.toLowerCase(), provider]));
  const types = new Map<string, ResourceType>();
  for (const type of providers.flatMap((provider) => provider.types)) {
    const key = type.type.toLowerCase();
    if (types.has(key)) throw new TypeError(`the resource type ${type.type} is there twice`);
    types.set(key, type);
  }
  return {
    providers,
    provider: (namespace) => byNamespace.get(namespace.toLowerCase()),
    type: (type) => types.get(type.toLowerCase()),
  };
}

/** The refusal of a type that no provider has, in Azure's words, with those there are. */
export function unknownType(index: ProviderIndex, type: string): ArmError {
  const [namespace = '', ...rest] = type.split('/');
  const provider = index.provider(namespace);
  if (provider === undefined) {
    const known = index.providers.map((one) => one.namespace).join(', ');
    return {
      code: 'InvalidResourceNamespace',
      message: `The resource namespace '${namespace}' is invalid: there are ${known}.`,
    };
  }
  const known = provider.types.map((one) => one.type.slice(namespace.length + 1)).join(', ');
  const message = `The resource type '${rest.join('/')}' could not be found in the namespace '${namespace}': there are ${known}.`;
  return { code: 'InvalidResourceType', message };
}

/** Why a type does not answer to an api-version; `undefined` when it does. */
export function versionRefusal({ type, apiVersions }: ResourceType, apiVersion: string): ArmError | undefined {
  if (accepts(apiVersions, apiVersion)) return undefined;
  const [namespace = '', ...rest] = type.split('/');
  const more = apiVersions.kind === 'range' ? `any from '${apiVersions.from}' on, such as ` : '';
  const message =
    `No registered resource provider found for API version '${apiVersion}' and type '${rest.join('/')}' in the namespace ` +
    `'${namespace}'. The supported api-versions are ${more}'${shownVersions(apiVersions).join(', ')}'.`;
  return { code: 'NoRegisteredProviderFound', message };
}
