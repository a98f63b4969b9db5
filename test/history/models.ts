import type { Model } from './linearizable.ts';

/** What is done with one tag. */
export type TagInput =
  | { readonly kind: 'push'; readonly digest: string }
  | { readonly kind: 'delete' }
  | { readonly kind: 'pull' };
/** The digest that was pulled; `none` where there was no tag to pull or delete, `done` for a change. */
export type TagOutput = 'done' | 'none' | { readonly digest: string };

const NO_TAG = '';

/** A tag: a register that names a manifest, or is not there. */
export const TAG_MODEL: Model<string, TagInput, TagOutput> = {
  initial: NO_TAG,
  nameOf: (digest) => digest,
  step(digest, input, output) {
    switch (input.kind) {
      case 'push':
        return output === undefined || output === 'done' ? input.digest : undefined;
      case 'delete':
        if (output === undefined) return NO_TAG;
        return (output === 'none') === (digest === NO_TAG) ? NO_TAG : undefined;
      case 'pull':
        if (output === undefined) return digest;
        return (typeof output === 'object' ? output.digest : NO_TAG) === digest ? digest : undefined;
    }
  },
};

/** What is done with the rules of a registry: changed by an operator, or met by a client. */
export type RuleInput = { readonly kind: 'change'; readonly allow: boolean } | { readonly kind: 'request' };
/** Whether a request was let in; `done` for a change. */
export type RuleOutput = 'done' | 'let in' | 'refused';

/** Admission: a request is judged by the newest rule, from the moment at which the change of it is answered. */
export function ruleModel(allowedAtFirst: boolean): Model<boolean, RuleInput, RuleOutput> {
  return {
    initial: allowedAtFirst,
    nameOf: String,
    step(allowed, input, output) {
      if (input.kind === 'change') return input.allow;
      if (output === undefined) return allowed;
      return (output === 'let in') === allowed ? allowed : undefined;
    },
  };
}
