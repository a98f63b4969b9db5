import type { ArmRoute } from '../../resource-type.ts';
import { refused } from '../../verb.ts';
import { nameAvailability } from './name.ts';

const TYPE = 'Microsoft.ContainerRegistry/registries';

/** What of the provider is no resource (facts/acr.md §4.2). */
export const REGISTRY_ROUTES: readonly ArmRoute[] = [
  {
    method: 'POST',
    path: '/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability',
    permission: 'Microsoft.ContainerRegistry/checkNameAvailability/read',
    run: ({ view, settings }, { body: { name, type } }) => {
      if (typeof name !== 'string')
        return refused({
          code: 'InvalidRequestContent',
          target: 'name',
          message: `'name' is required: the name to be checked.`,
        });
      if (typeof type !== 'string' || type.toLowerCase() !== TYPE.toLowerCase())
        return refused({
          code: 'InvalidRequestContent',
          target: 'type',
          message: `The value ${JSON.stringify(type)} of 'type' is not allowed: it must be ${TYPE}.`,
        });
      const availability = nameAvailability(view, name);
      const login = availability.nameAvailable
        ? { availableLoginServerName: `${name.toLowerCase()}.${settings.registrySuffix}` }
        : {};
      return { kind: 'answered', body: { ...availability, ...login } };
    },
  },
];
