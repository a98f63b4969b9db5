import type { ArmError } from '../../../azure/error.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';

const REGISTRY = 'microsoft.containerregistry/registries';
const NAME = /^[a-zA-Z0-9]{5,50}$/;

/** The registry of a name in any subscription: names are one for all, as they are host names. */
function registryNamed(view: StateView, name: string): StoredResource | undefined {
  return view.ofType(REGISTRY).find((registry) => registry.name.toLowerCase() === name.toLowerCase());
}

/** Whether a name can be given to a new registry. */
export type NameAvailability =
  | { readonly nameAvailable: true }
  | { readonly nameAvailable: false; readonly reason: 'Invalid' | 'AlreadyExists'; readonly message: string };

/** Tells as `checkNameAvailability` does (facts/acr.md §4.2). */
export function nameAvailability(view: StateView, name: string): NameAvailability {
  if (!NAME.test(name)) {
    const message = `The specified resource name '${name}' is invalid: it must have 5 to 50 letters and digits.`;
    return { nameAvailable: false, reason: 'Invalid', message };
  }
  if (registryNamed(view, name) === undefined) return { nameAvailable: true };
  const message = `The registry ${name} is already in use.`;
  return { nameAvailable: false, reason: 'AlreadyExists', message };
}

/** Why a new registry cannot have a name; `undefined` when it can. */
export function nameRefusal(view: StateView, name: string): ArmError | undefined {
  const available = nameAvailability(view, name);
  if (available.nameAvailable) return undefined;
  const { reason, message } = available;
  return { code: reason === 'Invalid' ? 'InvalidResourceName' : 'AlreadyInUse', target: 'name', message };
}
