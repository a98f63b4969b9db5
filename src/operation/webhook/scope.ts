/**
 * Whether the scope of a webhook takes in a change of a repository: '' everything, `name` its tag latest, `name:*` all
 * its tags, `name:tag` one (learn.microsoft.com/azure/container-registry/container-registry-webhook, "Scope"). A change
 * without a tag is of all tags.
 */
export function inScope(scope: string, repository: string, tag: string | undefined): boolean {
  if (scope === '' || scope === '*') return true;
  const colon = scope.indexOf(':');
  const name = colon < 0 ? scope : scope.slice(0, colon);
  const wanted = colon < 0 ? 'latest' : scope.slice(colon + 1);
  if (name !== repository) return false;
  return wanted === '*' || tag === undefined || wanted === tag;
}
