import type { StoredResource } from '../../../../state/port.ts';
import type { ArmSettings } from '../../../verb.ts';

/** A part of a registry that a private endpoint has an address for (facts/acr.md §1.5). */
export interface Member {
  readonly member: string;
  readonly fqdn: string;
  /** The name of its record in the zone `privatelink.{suffix}`. */
  readonly record: string;
}

/** The registry itself, and its data endpoint in its region. */
export function membersOf(
  { name, location = '' }: Pick<StoredResource, 'name' | 'location'>,
  { registrySuffix }: Pick<ArmSettings, 'registrySuffix'>,
): readonly Member[] {
  const registry = name.toLowerCase();
  const data = `${registry}.${location}.data`;
  return [
    { member: 'registry', fqdn: `${registry}.${registrySuffix}`, record: registry },
    { member: `registry_data_${location}`, fqdn: `${data}.${registrySuffix}`, record: data },
  ];
}
