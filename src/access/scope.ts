import { parseRequestedAction, REQUESTED_ACTIONS, type RequestedAction } from './action.ts';
import { isRepositoryName } from './repository-name.ts';

/**
 * One thing a client asks a token for (distribution-spec's token scope grammar; facts/acr.md §3.3, "Scopes").
 * `ungrantable` stands for scopes that exist in Azure and that nobody is given here.
 */
export type Scope =
  | { readonly kind: 'repository'; readonly name: string; readonly actions: readonly RequestedAction[] }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'ungrantable'; readonly text: string };

/** The outcome of reading scopes: `text` is the one that is malformed, `message` says why and what is allowed. */
export type ParsedScopes =
  | { readonly kind: 'parsed'; readonly scopes: readonly Scope[] }
  | { readonly kind: 'malformed'; readonly text: string; readonly message: string };

/** How many scopes one request may ask for. */
const MAX_SCOPES = 100;

/** Reads the `scope` parameters of a request; each may hold several scopes, parted by spaces. */
export function parseScopes(parameters: readonly string[]): ParsedScopes {
  const texts = parameters.flatMap((parameter) => parameter.split(' ')).filter((text) => text !== '');
  if (texts.length > MAX_SCOPES)
    return malformed('', `${texts.length} scopes were asked for; at most ${MAX_SCOPES} are allowed`);
  const scopes: Scope[] = [];
  for (const text of texts) {
    const scope = parseScope(text);
    if (typeof scope === 'string') return malformed(text, `the scope ${JSON.stringify(text.slice(0, 300))} ${scope}`);
    scopes.push(scope);
  }
  return { kind: 'parsed', scopes };
}

function malformed(text: string, message: string): ParsedScopes {
  return { kind: 'malformed', text, message };
}

/** Reads one scope, `type:name:actions`; a string says what is wrong with it. */
function parseScope(text: string): Scope | string {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 1 || first === last) return 'is not of the form type:name:actions, such as repository:hello-world:pull';
  const type = text.slice(0, first);
  const name = text.slice(first + 1, last);
  const actions = text.slice(last + 1);
  if (type === 'repository' || type === 'repository(plugin)') return parseRepositoryScope(name, actions);
  if (type === 'registry') return parseRegistryScope(name, actions);
  // Helm 2 charts: Azure's own endpoint for them is not served, charts are artifacts in repositories.
  if (type === 'artifact-repository') return { kind: 'ungrantable', text };
  return `is of the type ${JSON.stringify(type)}; allowed are repository, registry and artifact-repository`;
}

function parseRepositoryScope(name: string, list: string): Scope | string {
  if (!isRepositoryName(name)) return `names ${JSON.stringify(name)}, which is not a repository name`;
  const actions: RequestedAction[] = [];
  for (const text of list.split(',')) {
    const action = parseRequestedAction(text);
    if (action === undefined)
      return `asks for the action ${JSON.stringify(text)}; allowed are ${REQUESTED_ACTIONS.join(', ')}`;
    actions.push(action);
  }
  return { kind: 'repository', name, actions };
}

function parseRegistryScope(name: string, actions: string): Scope | string {
  if (actions !== '*') return `asks for the action ${JSON.stringify(actions)}; a registry scope allows only *`;
  // Who may list the repositories may list those in which something was deleted.
  if (name === 'catalog' || name === 'deleted_catalog') return { kind: 'catalog' };
  return `names ${JSON.stringify(name)}; allowed are registry:catalog:* and registry:deleted_catalog:*`;
}
