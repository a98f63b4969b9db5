/** What a layer takes away of those below it (image-spec, "Whiteouts"). Pure. */
export interface Whiteouts {
  /** Paths that are no longer there. */
  readonly removed: readonly string[];
  /** Folders that lose everything they had. */
  readonly emptied: readonly string[];
}

const MARK = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** The whiteouts among the names in a layer. A name that climbs out of the root is none. */
export function whiteouts(names: readonly string[]): Whiteouts {
  const [removed, emptied]: [string[], string[]] = [[], []];
  for (const given of names) {
    const parts = given.split('/').filter((part) => part !== '' && part !== '.');
    const last = parts.pop() ?? '';
    if (parts.includes('..') || !last.startsWith(MARK)) continue;
    if (last === OPAQUE) emptied.push(parts.join('/'));
    else if (last.length > MARK.length && last !== `${MARK}..` && last !== `${MARK}.`)
      removed.push([...parts, last.slice(MARK.length)].join('/'));
  }
  return { removed, emptied };
}
