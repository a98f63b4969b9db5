/**
 * The api-versions a resource type answers to. `listed`: these and no other. `range`: every well-formed version from
 * `from` on, since clients of Azure's network and compute ask for many (facts/acr.md §0.2); `shown` are those that
 * `az provider show` lists. Both newest first.
 */
export type ApiVersions =
  | { readonly kind: 'listed'; readonly versions: readonly string[] }
  | { readonly kind: 'range'; readonly from: string; readonly shown: readonly string[] };

const API_VERSION = /^(\d{4})-(\d{2})-(\d{2})(-preview|-alpha|-beta|-privatepreview)?$/;
/** The last day a version of a range may have: what Azure may publish while this release is in use. */
const LAST = '2027-12-31';

/** Whether a type answers to an api-version; versions are compared without regard to case. */
export function accepts(versions: ApiVersions, apiVersion: string): boolean {
  const asked = apiVersion.toLowerCase();
  if (versions.kind === 'listed') return versions.versions.includes(asked);
  const day = asked.slice(0, 10);
  return API_VERSION.test(asked) && day >= versions.from && day <= LAST;
}

/** The versions to show, newest first. */
export function shownVersions(versions: ApiVersions): readonly string[] {
  return versions.kind === 'listed' ? versions.versions : versions.shown;
}

/** The newest version that is no preview; the newest of all when all are previews. */
export function newestStable(versions: ApiVersions): string | undefined {
  const shown = shownVersions(versions);
  return shown.find((version) => !version.includes('-', 10)) ?? shown[0];
}

/** Whether a version is at or after another, by its day: a preview counts as the day it is of. */
export function isAtLeast(apiVersion: string, day: string): boolean {
  return apiVersion.slice(0, 10) >= day;
}
