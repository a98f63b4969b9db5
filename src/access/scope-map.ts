import type { RepositoryAction } from './action.ts';
import type { Grant, RepositoryPattern } from './grant.ts';
import { isRepositoryName } from './repository-name.ts';

/** What each ending of a scope map's action gives (facts/acr.md §3.3, "scope maps"). Write does not imply read. */
const ENDINGS = {
  '/content/read': 'pull',
  '/content/write': 'push',
  '/content/delete': 'delete',
  '/metadata/read': 'metadata_read',
  '/metadata/write': 'metadata_write',
} as const satisfies Record<string, RepositoryAction>;

/** The scope maps that every registry has, by name (facts/acr.md §3.3). */
export const SYSTEM_SCOPE_MAPS: ReadonlyMap<string, readonly string[]> = new Map([
  ['_repositories_pull', onAll('content/read')],
  ['_repositories_pull_metadata_read', onAll('content/read', 'metadata/read')],
  ['_repositories_push', onAll('content/read', 'content/write')],
  ['_repositories_push_metadata_write', onAll('content/read', 'content/write', 'metadata/read', 'metadata/write')],
  ['_repositories_admin', onAll('content/read', 'content/write', 'content/delete', 'metadata/read', 'metadata/write')],
]);

/** The outcome of compiling a scope map: `action` is the one that is malformed. */
export type CompiledScopeMap =
  | { readonly kind: 'compiled'; readonly grant: Grant }
  | { readonly kind: 'malformed'; readonly action: string; readonly message: string };

interface Rule {
  readonly pattern: RepositoryPattern;
  readonly action: RepositoryAction;
}

/**
 * Compiles actions such as `repositories/hello-world/content/read`; the repository may also be `*` (all) or end in `/*`
 * (all below). The catalog is given to who may read the metadata of all repositories: to nobody else would it be a
 * list of names they may not know.
 */
export function compileScopeMap(actions: readonly string[]): CompiledScopeMap {
  const rules: Rule[] = [];
  for (const action of actions) {
    const rule = parseRule(action);
    if (rule === undefined) return { kind: 'malformed', action, message: complaint(action) };
    rules.push(rule);
  }
  const repositories = rules.map((rule) => ({ pattern: rule.pattern, actions: new Set([rule.action]) }));
  const catalog = rules.some((rule) => rule.pattern.kind === 'all' && rule.action === 'metadata_read');
  return { kind: 'compiled', grant: { repositories, catalog } };
}

function onAll(...what: readonly string[]): readonly string[] {
  return what.map((ending) => `repositories/*/${ending}`);
}

function complaint(action: string): string {
  const endings = Object.keys(ENDINGS).join(', ');
  return `the scope map action ${JSON.stringify(action)} is not repositories/NAME followed by one of ${endings}`;
}

function parseRule(text: string): Rule | undefined {
  const start = 'repositories/';
  if (!text.startsWith(start)) return undefined;
  for (const [ending, action] of Object.entries(ENDINGS)) {
    if (!text.endsWith(ending)) continue;
    const pattern = parsePattern(text.slice(start.length, -ending.length));
    return pattern === undefined ? undefined : { pattern, action };
  }
  return undefined;
}

function parsePattern(name: string): RepositoryPattern | undefined {
  if (name === '*') return { kind: 'all' };
  if (name.endsWith('/*'))
    return isRepositoryName(name.slice(0, -2)) ? { kind: 'below', prefix: name.slice(0, -1) } : undefined;
  return isRepositoryName(name) ? { kind: 'one', name } : undefined;
}
