import { parseRepositoryAction, REPOSITORY_ACTIONS, type RepositoryAction, type RequestedAction } from './action.ts';
import { can, canCatalog, type Grant } from './grant.ts';
import type { Scope } from './scope.ts';

/** One entry of a token's `access` claim (distribution's token specification; facts/acr.md §3.3). */
export type AccessEntry =
  | { readonly type: 'repository'; readonly name: string; readonly actions: readonly RepositoryAction[] }
  | { readonly type: 'registry'; readonly name: 'catalog'; readonly actions: readonly ['*'] };

/** Narrows what was asked for to what `grant` allows. What is not allowed is left out, without an error. */
export function narrow(scopes: readonly Scope[], grant: Grant): readonly AccessEntry[] {
  return scopes.flatMap((scope) => narrowOne(scope, grant));
}

function narrowOne(scope: Scope, grant: Grant): readonly AccessEntry[] {
  switch (scope.kind) {
    case 'ungrantable':
      return [];
    case 'catalog':
      return canCatalog(grant) ? [{ type: 'registry', name: 'catalog', actions: ['*'] }] : [];
    case 'repository': {
      const actions = wanted(scope.actions).filter((action) => can(grant, action, scope.name));
      return actions.length === 0 ? [] : [{ type: 'repository', name: scope.name, actions }];
    }
  }
}

function wanted(actions: readonly RequestedAction[]): readonly RepositoryAction[] {
  const asked = new Set<RequestedAction>(actions);
  if (asked.has('deleted_read')) asked.add('metadata_read');
  if (asked.has('deleted_restore')) asked.add('push');
  return REPOSITORY_ACTIONS.filter((action) => asked.has('*') || asked.has(action));
}

/** What a token's `access` claim grants by itself. */
export function grantOfAccess(access: readonly AccessEntry[]): Grant {
  const repositories = access
    .filter((entry) => entry.type === 'repository')
    .map((entry) => ({ pattern: { kind: 'one', name: entry.name } as const, actions: new Set(entry.actions) }));
  return { repositories, catalog: access.some((entry) => entry.type === 'registry') };
}

/** Reads an `access` claim; `undefined` when anything in it is not as {@link narrow} makes it. */
export function parseAccess(value: unknown): readonly AccessEntry[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const entries = value.map(parseEntry);
  return entries.includes(undefined) ? undefined : entries.filter((entry) => entry !== undefined);
}

function parseEntry(value: unknown): AccessEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, name, actions } = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(actions)) return undefined;
  if (type === 'registry') return name === 'catalog' && actions[0] === '*' ? { type, name, actions: ['*'] } : undefined;
  const known = actions.map(parseRepositoryAction).filter((action) => action !== undefined);
  if (type !== 'repository' || typeof name !== 'string' || known.length !== actions.length) return undefined;
  return { type, name, actions: known };
}
