import fc from 'fast-check';

/** Bytes that parsers treat in ways of their own. */
const TELLING = [0x00, 0x0a, 0x0d, 0x20, 0x25, 0x2e, 0x2f, 0x3a, 0x7f, 0x80, 0xc0, 0xff, 0x16, 0x5b, 0x7b, 0x22, 0x27];

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const byte = fc.oneof(fc.constantFrom(...TELLING), fc.integer({ min: 0, max: 255 }));
const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: place, byte }),
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes: fc.array(byte, { minLength: 1, maxLength: 8 }) }),
  fc.record({ kind: fc.constant('remove' as const), at: place, length: fc.integer({ min: 1, max: 16 }) }),
  fc.record({
    kind: fc.constant('repeat' as const),
    at: place,
    length: fc.integer({ min: 1, max: 16 }),
    times: fc.constantFrom(1, 2, 300),
  }),
  fc.record({ kind: fc.constant('end' as const), at: place }),
);
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;

/** One of a few good inputs with some bytes changed, put in, taken out or repeated. */
export function mutated(corpus: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.nat(corpus.length - 1), fc.array(change, { maxLength: 6 }))
    .map(([i, changes]) => changes.reduce(apply, Buffer.from(corpus[i] ?? [])));
}

/** The same for texts of one byte a character. */
export function mutatedText(corpus: readonly string[]): fc.Arbitrary<string> {
  return mutated(corpus.map((text) => Buffer.from(text, 'latin1'))).map((bytes) => bytes.toString('latin1'));
}

/** A text that makes a pattern with a choice inside a repetition go back again and again. */
export function pumped(pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...pieces);
  return fc
    .tuple(piece, piece, fc.integer({ min: 1, max: 5000 }), piece)
    .map(([start, pump, times, end]) => `${start}${pump.repeat(times)}${end}`);
}

function apply(bytes: Buffer, one: Change): Buffer {
  const at = Math.floor(one.at * (bytes.length + 1));
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (one.kind) {
    case 'set':
      return Buffer.concat([before, Buffer.from([one.byte]), after.subarray(1)]);
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << one.bit)]), after.subarray(1)]);
    case 'insert':
      return Buffer.concat([before, Buffer.from(one.bytes), after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(one.length)]);
    case 'repeat': {
      const part = after.subarray(0, one.length);
      return Buffer.concat([before, ...Array<Buffer>(one.times).fill(part), after]);
    }
    case 'end':
      return Buffer.from(before);
  }
}
