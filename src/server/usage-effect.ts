import type { ArmEffect } from '../arm/effect.ts';
import { usagesOf } from '../arm/provider/microsoft.containerregistry/usage.ts';
import type { ArmSettings } from '../arm/verb.ts';
import type { StateReader } from '../state/port.ts';
import type { MetadataStore, RegistryUid } from '../store/port.ts';

/** What telling how much a registry holds works with. */
export interface UsageServices {
  readonly state: Pick<StateReader, 'view'>;
  readonly metadata: Pick<MetadataStore, 'usage'>;
  readonly settings: () => ArmSettings;
}

/** `listUsages` of a registry: what of it the content store knows, beside what the state does. */
export function usageEffect({ state, metadata, settings }: UsageServices): ArmEffect {
  return {
    type: 'Microsoft.ContainerRegistry/registries',
    name: 'listUsages',
    method: 'GET',
    permission: 'Microsoft.ContainerRegistry/registries/listUsages/read',
    run: async ({ resource }) => {
      // The state makes uids; this is where one enters the store's vocabulary.
      const { bytes } = await metadata.usage(resource.uid as RegistryUid);
      const value = usagesOf(state.view(), resource, { bytes, settings: settings() });
      return { kind: 'answered', body: { value } };
    },
  };
}
