import type { Brand } from './brand.ts';
import { type Digest, parseDigest } from './digest.ts';

/** A repository's name within its registry, such as `team/app` (distribution-spec, "Pulling manifests"). */
export type RepositoryName = Brand<string, 'RepositoryName'>;

/** A tag, at most 128 characters (distribution-spec, "Pulling manifests"). */
export type Tag = Brand<string, 'Tag'>;

/** What a manifest is asked for by. */
export type Reference =
  | { readonly kind: 'tag'; readonly tag: Tag }
  | { readonly kind: 'digest'; readonly digest: Digest };

// No nested quantifier over the same characters, so a hostile name costs linear time.
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** The longest repository name accepted, in characters: what clients that limit host and name to 255 can address. */
export const MAX_REPOSITORY_NAME = 255;

/** Reads a repository name; `undefined` when it is too long or one of its components is malformed. */
export function parseRepositoryName(text: string): RepositoryName | undefined {
  if (text.length === 0 || text.length > MAX_REPOSITORY_NAME) return undefined;
  return text.split('/').every((component) => COMPONENT.test(component)) ? (text as RepositoryName) : undefined;
}

/** Reads a tag; `undefined` when it is malformed. */
export function parseTag(text: string): Tag | undefined {
  return TAG.test(text) ? (text as Tag) : undefined;
}

/** Reads a tag or a digest; `undefined` when the text is neither. */
export function parseReference(text: string): Reference | undefined {
  if (text.includes(':')) {
    const digest = parseDigest(text);
    return digest === undefined ? undefined : { kind: 'digest', digest };
  }
  const tag = parseTag(text);
  return tag === undefined ? undefined : { kind: 'tag', tag };
}
