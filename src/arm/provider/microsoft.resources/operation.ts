import type { JsonObject } from '../../../azure/json.ts';
import type { ProviderIndex } from '../../provider-index.ts';
import type { ArmRoute, ResourceProvider, ResourceType } from '../../resource-type.ts';
import { refused } from '../../verb.ts';

/** What can be allowed to somebody, provider by provider: `/providers/{namespace}/operations`, and as `az provider operation` asks. */
export function operationRoutes(index: () => ProviderIndex): readonly ArmRoute[] {
  const answer =
    (show: (provider: ResourceProvider) => JsonObject): ArmRoute['run'] =>
    (_, { parameters: { namespace = '' } }) => {
      const provider = index().provider(namespace);
      if (provider !== undefined) return { kind: 'answered', body: show(provider) };
      const known = index().providers.map((one) => one.namespace);
      const message = `The resource namespace '${namespace}' is invalid: there are ${known.join(', ')}.`;
      return refused({ code: 'InvalidResourceNamespace', message });
    };
  return [
    {
      method: 'GET',
      path: '/providers/{namespace}/operations',
      permission: undefined,
      run: answer((provider) => ({ value: provider.types.flatMap((type) => operationsOf(provider, type)) })),
    },
    {
      method: 'GET',
      path: '/providers/Microsoft.Authorization/providerOperations/{namespace}',
      permission: undefined,
      run: answer(metadataOf),
    },
  ];
}

/** The operations of one type: reading, writing, deleting, and its actions. */
function operationsOf({ namespace }: ResourceProvider, type: ResourceType): readonly JsonObject[] {
  const resource = type.type.slice(namespace.length + 1);
  const verbs = [
    'read',
    ...(type.put === undefined ? [] : ['write']),
    'delete',
    ...(type.actions ?? []).map(({ name, method }) => `${name}/${method === 'GET' ? 'read' : 'action'}`),
  ];
  return verbs.map((verb) => ({
    name: `${type.type}/${verb}`,
    isDataAction: false,
    display: { provider: namespace, resource, operation: verb, description: `${verb} of ${resource}` },
    origin: 'user,system',
  }));
}

function metadataOf(provider: ResourceProvider): JsonObject {
  const { namespace, types } = provider;
  return {
    id: `/providers/Microsoft.Authorization/providerOperations/${namespace}`,
    type: 'Microsoft.Authorization/providerOperations',
    name: namespace,
    displayName: namespace,
    operations: [],
    resourceTypes: types.map((type) => ({
      name: type.type.slice(namespace.length + 1),
      displayName: type.type,
      operations: operationsOf(provider, type),
    })),
  };
}
