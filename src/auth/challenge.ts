import type { RepositoryAction } from '../access/action.ts';

/** What a request needs a token for. */
export type NeededAccess =
  | { readonly kind: 'login' }
  | { readonly kind: 'catalog' }
  | {
      readonly kind: 'repository';
      readonly name: string;
      readonly action: RepositoryAction;
      /** A second repository, to be pulled from: the source of a mount. */
      readonly source?: string;
    };

/** What a challenge says. `realmBase` is the registry's public URL without a path; it never comes from the request. */
export interface Challenge {
  readonly realmBase: string;
  readonly loginServer: string;
  readonly needed: NeededAccess;
  /** What the request needs beside it: a mount reads its source. */
  readonly also?: NeededAccess;
  /** Why the token that was sent does not do (RFC 6750 §3.1). */
  readonly error?: 'invalid_token' | 'insufficient_scope';
}

/**
 * The value of `WWW-Authenticate` (facts/acr.md §3.1). The `az` command splits it at commas and spaces: so no space
 * follows a comma, and on `/v2/`, all that it asks, there is no scope and so no comma within quotes.
 */
export function formatChallenge({ realmBase, loginServer, needed, also, error }: Challenge): string {
  const scopes = [scopeOf(needed), also === undefined ? undefined : scopeOf(also)].filter((one) => one !== undefined);
  return [
    `Bearer realm="${realmBase}/oauth2/token"`,
    `service="${loginServer}"`,
    ...(scopes.length === 0 ? [] : [`scope="${scopes.join(' ')}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ].join(',');
}

/** The `detail` of the refusal that carries the challenge (facts/acr.md §3.1). */
export function challengeDetail(needed: NeededAccess): readonly object[] | undefined {
  switch (needed.kind) {
    case 'login':
      return undefined;
    case 'catalog':
      return [{ Type: 'registry', Name: 'catalog', Action: '*' }];
    case 'repository':
      return [
        { Type: 'repository', Name: needed.name, Action: needed.action },
        ...(needed.source === undefined ? [] : [{ Type: 'repository', Name: needed.source, Action: 'pull' }]),
      ];
  }
}

/** Who pushes also looks at what is there, and some clients ask for just what the challenge names. */
function scopeOf(needed: NeededAccess): string | undefined {
  switch (needed.kind) {
    case 'login':
      return undefined;
    case 'catalog':
      return 'registry:catalog:*';
    case 'repository':
      return [
        `repository:${needed.name}:${needed.action === 'push' ? 'pull,push' : needed.action}`,
        ...(needed.source === undefined ? [] : [`repository:${needed.source}:pull`]),
      ].join(' ');
  }
}
