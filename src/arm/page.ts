import type { ArmError } from '../azure/error.ts';
import type { StoredResource } from '../state/port.ts';

/** How many members one page of a collection has, where `$top` does not ask for fewer. */
const PAGE = 1000;

/** One page of a collection, with what to ask for next. */
export type Page =
  | { readonly kind: 'page'; readonly items: readonly StoredResource[]; readonly next: string | undefined }
  | { readonly kind: 'refused'; readonly error: ArmError };

/** The page that `$top` and `$skipToken` ask for. Items are in the order of their keys, so a page stays where it was when others are made. */
export function pageOf(items: readonly StoredResource[], query: URLSearchParams): Page {
  const top = query.get('$top');
  const size = top === null ? PAGE : Number(top);
  if (!Number.isInteger(size) || size < 1)
    return refuse('$top', `The value '${top}' of $top is not allowed: it must be a whole number from 1 on.`);
  const token = query.get('$skipToken') ?? query.get('$skiptoken');
  const after = token === null ? '' : Buffer.from(token, 'base64url').toString('utf8');
  if (token !== null && !after.startsWith('/'))
    return refuse('$skipToken', `The value '${token}' of $skipToken is not one that this server gave.`);
  const rest = after === '' ? items : items.filter(({ key }) => key > after);
  const page = rest.slice(0, Math.min(size, PAGE));
  const last = page.at(-1);
  const next =
    last !== undefined && page.length < rest.length ? Buffer.from(last.key).toString('base64url') : undefined;
  return { kind: 'page', items: page, next };
}

function refuse(target: string, message: string): Page {
  return { kind: 'refused', error: { code: 'InvalidParameter', target, message } };
}
