import { REPOSITORY_ACTIONS, type RepositoryAction } from './action.ts';

/** The repositories that a rule is about: all, those below `prefix` (which ends in a slash), or one. */
export type RepositoryPattern =
  | { readonly kind: 'all' }
  | { readonly kind: 'below'; readonly prefix: string }
  | { readonly kind: 'one'; readonly name: string };

/** Actions in some repositories. */
interface RepositoryGrant {
  readonly pattern: RepositoryPattern;
  readonly actions: ReadonlySet<RepositoryAction>;
}

/** What somebody may do in one registry: the sum of its parts. */
export interface Grant {
  readonly repositories: readonly RepositoryGrant[];
  /** Whether the list of all repositories may be read. */
  readonly catalog: boolean;
}

/** Nothing at all. */
export const NOTHING: Grant = { repositories: [], catalog: false };

/** Every action in every repository, and the catalog. */
export const EVERYTHING: Grant = {
  repositories: [{ pattern: { kind: 'all' }, actions: new Set(REPOSITORY_ACTIONS) }],
  catalog: true,
};

/** What an anonymous caller may do where anonymous pull is on: read every repository, but not list them. */
export const ANONYMOUS_PULL: Grant = {
  repositories: [{ pattern: { kind: 'all' }, actions: new Set(['pull', 'metadata_read'] as const) }],
  catalog: false,
};

/** Whether `grant` allows `action` in the repository of this name. */
export function can(grant: Grant, action: RepositoryAction, repository: string): boolean {
  return grant.repositories.some((part) => part.actions.has(action) && matches(part.pattern, repository));
}

/** Whether `grant` allows to list the registry's repositories. */
export function canCatalog(grant: Grant): boolean {
  return grant.catalog;
}

function matches(pattern: RepositoryPattern, repository: string): boolean {
  switch (pattern.kind) {
    case 'all':
      return true;
    case 'below':
      return repository.length > pattern.prefix.length && repository.startsWith(pattern.prefix);
    case 'one':
      return repository === pattern.name;
  }
}
