/** A part of a blob: `start` and `end` are byte positions, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a `Range` header asks of a representation: all of it, one part, or a part that it does not have. */
export type RangeRequest =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly range: ByteRange }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeRequest = { kind: 'whole' };
const UNSATISFIABLE: RangeRequest = { kind: 'unsatisfiable' };

/**
 * Reads `Range` for a representation of `size` bytes (RFC 9110, section 14.2). Units other than bytes and lists of
 * several ranges are ignored, as the RFC allows: the answer is then the whole. A range whose end lies before its start
 * is answered 416, as the official conformance suite asks, not ignored.
 */
export function parseRange(header: string | undefined, size: number): RangeRequest {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '');
  if (match === null) return WHOLE;
  const [, first = '', last = ''] = match;
  if (first === '') return last === '' ? WHOLE : suffix(Number(last), size);
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start >= size || end < start ? UNSATISFIABLE : { kind: 'part', range: { start, end } };
}

function suffix(length: number, size: number): RangeRequest {
  if (length === 0 || size === 0) return UNSATISFIABLE;
  return { kind: 'part', range: { start: Math.max(0, size - length), end: size - 1 } };
}

/**
 * Reads the `Content-Range` of an upload chunk, `start-end` (distribution-spec, "Pushing a blob in chunks"; the form
 * with `bytes ` before it and `/total` behind it is accepted too). `undefined` when malformed.
 */
export function parseChunkRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/.exec(header.trim());
  if (match === null) return undefined;
  const range = { start: Number(match[1]), end: Number(match[2]) };
  return range.end < range.start ? undefined : range;
}
