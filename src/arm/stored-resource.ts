import type { JsonObject } from '../azure/json.ts';
import type { StoredResource } from '../state/port.ts';
import type { VerbContext, WriteRequest } from './verb.ts';

/** What a verb decides of a resource; everything else follows from the request. */
export interface Written {
  readonly properties: JsonObject;
  readonly envelope?: JsonObject;
  readonly location?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The resource that a write makes: identity and creation of the one before it, or new ones, and a new ETag. */
export function storedResource(
  context: Pick<VerbContext, 'nowMs' | 'caller' | 'newUuid'>,
  { id, existing }: Pick<WriteRequest, 'id' | 'existing'>,
  written: Written,
): StoredResource {
  const { nowMs, caller, newUuid } = context;
  const { properties, envelope = {}, tags = {}, location } = written;
  return {
    key: id.key,
    id: existing?.id ?? id.id,
    uid: existing?.uid ?? newUuid(),
    type: id.type.toLowerCase(),
    name: existing?.name ?? id.name,
    ...(location === undefined ? {} : { location }),
    tags,
    properties,
    envelope,
    etag: `"${newUuid()}"`,
    createdMs: existing?.createdMs ?? nowMs,
    createdBy: existing?.createdBy ?? caller,
    changedMs: nowMs,
    changedBy: caller,
  };
}

/** A location as Azure keeps it: `West Europe` is `westeurope`. */
export function normaliseLocation(location: string): string {
  return location.replaceAll(' ', '').toLowerCase();
}
