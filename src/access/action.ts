/** What may be done in a repository (facts/acr.md §3.3, "Scopes"). */
export type RepositoryAction = 'pull' | 'push' | 'delete' | 'metadata_read' | 'metadata_write';

/** Every repository action, in the order in which a token lists them. */
export const REPOSITORY_ACTIONS = [
  'pull',
  'push',
  'delete',
  'metadata_read',
  'metadata_write',
] as const satisfies readonly RepositoryAction[];

/**
 * Actions of Azure's soft delete, as clients ask for them. Here, who may read a repository's metadata may read what was
 * deleted from it, and who may push to it may put that back.
 */
const OF_DELETED = ['deleted_read', 'deleted_restore'] as const;

/** What a scope's action asks for: one action, all of them, or one of soft delete. */
export type RequestedAction = RepositoryAction | '*' | (typeof OF_DELETED)[number];

/** The actions that a scope may name, for messages. */
export const REQUESTED_ACTIONS: readonly RequestedAction[] = [...REPOSITORY_ACTIONS, ...OF_DELETED, '*'];

/** Reads an action of a scope; `undefined` when there is no such action. */
export function parseRequestedAction(text: string): RequestedAction | undefined {
  return REQUESTED_ACTIONS.find((action) => action === text);
}

/** Reads an action of a repository; `undefined` when there is no such action. */
export function parseRepositoryAction(text: unknown): RepositoryAction | undefined {
  return REPOSITORY_ACTIONS.find((action) => action === text);
}
