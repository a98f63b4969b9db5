import type { ArmError } from '../azure/error.ts';
import type { StoredResource } from '../state/port.ts';
import type { ArmRequest } from './request.ts';

/** Why `If-Match` and `If-None-Match` forbid a change (RFC 9110 §13.1); `undefined` when they do not. */
export function preconditionRefusal(
  { ifMatch, ifNoneMatch }: Pick<ArmRequest, 'ifMatch' | 'ifNoneMatch'>,
  existing: StoredResource | undefined,
): ArmError | undefined {
  if (ifMatch !== undefined && !names(ifMatch, existing))
    return failed(`If-Match is ${ifMatch}, and ${current(existing)}. Read it again and repeat the change`);
  if (ifNoneMatch !== undefined && names(ifNoneMatch, existing))
    return failed(`If-None-Match is ${ifNoneMatch}, and ${current(existing)}`);
  return undefined;
}

function names(header: string, existing: StoredResource | undefined): boolean {
  if (existing === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => bare(tag) === bare(existing.etag));
}

/** The text of an ETag, without the mark of a weak one and its quotes: clients send back either form. */
function bare(etag: string): string {
  return etag.trim().replace(/^W\//, '').replaceAll('"', '');
}

function current(existing: StoredResource | undefined): string {
  return existing === undefined ? 'there is no such resource' : `the ETag of the resource is ${existing.etag}`;
}

function failed(message: string): ArmError {
  return { code: 'PreconditionFailed', message: `Precondition failed: ${message}.` };
}
