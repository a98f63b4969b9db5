import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseChunkRange, parseRange, type RangeRequest } from './range.ts';

const whole: RangeRequest = { kind: 'whole' };
const unsatisfiable: RangeRequest = { kind: 'unsatisfiable' };

function part(start: number, end: number): RangeRequest {
  return { kind: 'part', range: { start, end } };
}

/** Header, size in bytes, what is asked. */
const RANGES: readonly (readonly [string | undefined, number, RangeRequest])[] = [
  [undefined, 10, whole],
  ['', 10, whole],
  ['bytes=0-0', 10, part(0, 0)],
  ['bytes=0-9', 10, part(0, 9)],
  ['bytes=0-10', 10, part(0, 9)],
  ['bytes=9-', 10, part(9, 9)],
  ['bytes=10-', 10, unsatisfiable],
  ['bytes=10-20', 10, unsatisfiable],
  ['bytes=-1', 10, part(9, 9)],
  ['bytes=-10', 10, part(0, 9)],
  ['bytes=-11', 10, part(0, 9)],
  ['bytes=-0', 10, unsatisfiable],
  ['bytes=5-4', 10, unsatisfiable],
  ['bytes=0-', 0, unsatisfiable],
  ['bytes=-1', 0, unsatisfiable],
  ['bytes=-', 10, whole],
  ['bytes=0-1,3-4', 10, whole],
  ['bytes=a-b', 10, whole],
  ['bytes=0x1-2', 10, whole],
  ['bytes=--1', 10, whole],
  ['bytes=1.5-2', 10, whole],
  ['items=0-1', 10, whole],
  ['Bytes=0-1', 10, part(0, 1)],
  [`bytes=${'9'.repeat(400)}-`, 10, unsatisfiable],
  [`bytes=0-${'9'.repeat(400)}`, 10, part(0, 9)],
  [`bytes=-${'9'.repeat(400)}`, 10, part(0, 9)],
];

/** `Content-Range` of a chunk, and what it says. */
const CHUNKS: readonly (readonly [string, string | undefined])[] = [
  ['0-0', '0-0'],
  ['0-99', '0-99'],
  ['100-199', '100-199'],
  ['bytes 0-99/*', '0-99'],
  ['bytes 0-99/1000', '0-99'],
  ['bytes=0-99', '0-99'],
  [' 0-99 ', '0-99'],
  ['99-0', undefined],
  ['-99', undefined],
  ['0-', undefined],
  ['0', undefined],
  ['', undefined],
  ['a-b', undefined],
  ['0--1', undefined],
  ['-1-5', undefined],
  ['0-1e3', undefined],
  ['0-99/', undefined],
  ['0-99, 100-199', undefined],
  [`0-${'9'.repeat(16)}`, undefined],
];

describe('Range', () => {
  for (const [header, size, asked] of RANGES)
    it(`${String(header).slice(0, 40)} of ${size} bytes is ${JSON.stringify(asked)}`, () => {
      assert.deepEqual(parseRange(header, size), asked);
    });

  it('never leads outside the representation', () => {
    const position = fc.oneof(fc.nat(), fc.bigInt(0n, 10n ** 30n), fc.constant(''));
    fc.assert(
      fc.property(position, position, fc.nat(1000), (first, last, size) => {
        const asked = parseRange(`bytes=${first}-${last}`, size);
        if (asked.kind !== 'part') return;
        const { start, end } = asked.range;
        assert.ok(0 <= start && start <= end && end < size);
      }),
    );
  });
});

describe('Content-Range of a chunk', () => {
  for (const [header, says] of CHUNKS)
    it(`${JSON.stringify(header)} says ${says ?? 'nothing'}`, () => {
      const range = parseChunkRange(header);
      assert.equal(range && `${range.start}-${range.end}`, says);
    });

  it('holds positions that numbers hold exactly', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-/* '.split('')), maxLength: 40 }), (text) => {
        const range = parseChunkRange(text);
        if (range === undefined) return;
        assert.ok(Number.isSafeInteger(range.start) && Number.isSafeInteger(range.end) && range.start <= range.end);
      }),
    );
  });
});
