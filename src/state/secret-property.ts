import { isJsonObject, type Json, type JsonObject } from '../azure/json.ts';
import type { StoredResource } from './port.ts';

/** Which members of resources' properties are secret, and what keeps them. */
export interface SecretProperties {
  /** The members of a type (in lower case). */
  readonly of: (type: string) => readonly string[];
  readonly sealer: Sealer;
}

/** Encrypts for one place, and decrypts what was encrypted for the same. */
export interface Sealer {
  seal(secret: string, place: string): string;
  open(sealed: string, place: string): string;
}

/** The member that stands for a sealed value. */
const SEALED = '$sealed';

/** A resource as it is written: what is secret of it is sealed for its place. */
export function sealResource(resource: StoredResource, secrets: SecretProperties): StoredResource {
  return change(resource, secrets, (value, place) =>
    isSealed(value) ? value : { [SEALED]: secrets.sealer.seal(JSON.stringify(value), place) },
  );
}

/** A resource as it was before {@link sealResource}. Throws what `open` does. */
export function openResource(resource: StoredResource, secrets: SecretProperties): StoredResource {
  return change(resource, secrets, (value, place) =>
    isSealed(value) ? (JSON.parse(secrets.sealer.open(value[SEALED], place)) as Json) : value,
  );
}

/** Whether something of a written resource is secret and not sealed. */
export function hasOpenSecret({ type, properties }: StoredResource, secrets: SecretProperties): boolean {
  return secrets.of(type).some((name) => properties[name] !== undefined && !isSealed(properties[name]));
}

function change(
  resource: StoredResource,
  secrets: SecretProperties,
  one: (value: Json, place: string) => Json,
): StoredResource {
  const names = secrets.of(resource.type);
  if (names.length === 0) return resource;
  const properties: Record<string, Json | undefined> = { ...resource.properties };
  for (const name of names) {
    const value = properties[name];
    if (value !== undefined) properties[name] = one(value, `${resource.uid}#${name}`);
  }
  return { ...resource, properties };
}

function isSealed(value: Json | undefined): value is JsonObject & { readonly [SEALED]: string } {
  return isJsonObject(value) && typeof value[SEALED] === 'string' && Object.keys(value).length === 1;
}
