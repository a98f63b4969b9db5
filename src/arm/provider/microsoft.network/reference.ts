import type { ArmError } from '../../../azure/error.ts';
import { type Json, objectOf } from '../../../azure/json.ts';
import { keyOfId, parseResourceId } from '../../../azure/resource-id.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';

/** The id in `{id: …}`. */
export function idIn(reference: Json | undefined): string | undefined {
  const { id } = objectOf(reference);
  return typeof id === 'string' ? id : undefined;
}

/** The resource of a type (lower case) that a reference names, or why there is none. */
export function referred(
  view: StateView,
  reference: Json | undefined,
  { type, target }: { readonly type: string; readonly target: string },
): StoredResource | ArmError {
  const id = idIn(reference);
  const parsed = id === undefined ? undefined : parseResourceId(id);
  if (parsed?.type.toLowerCase() !== type)
    return {
      code: 'InvalidResourceReference',
      target,
      message: `The value ${JSON.stringify(id ?? null)} of '${target}' is not the id of a resource of type ${type}.`,
    };
  const found = view.get(keyOfId(parsed.id));
  return (
    found ?? {
      code: 'InvalidResourceReference',
      target,
      message: `Resource ${parsed.id} referenced by '${target}' was not found. Please make sure that the referenced resource exists.`,
    }
  );
}

/** Whether it is an error rather than what was looked for. */
export function isError(value: StoredResource | ArmError): value is ArmError {
  return 'code' in value;
}
