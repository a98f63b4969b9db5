import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { check } from './layer-check.ts';
import { complaints, planted } from './layers.ts';

describe('the import table', () => {
  it('holds for every source', () => {
    const real = complaints(join(import.meta.dirname, '..'));
    assert.deepEqual(real, []);
  });

  for (const { name, sources, expected } of planted(join(import.meta.dirname, 'bad-import')))
    it(`is broken by ${name}, and the check says so`, () => {
      const said = check(sources).map(({ why }) => why);
      assert.ok(
        said.some((why) => why.includes(expected)),
        `said ${JSON.stringify(said)}`,
      );
    });

  const allowed: readonly (readonly [string, string, string])[] = [
    ['an import within a folder', 'oci/a.ts', "import { b } from './b.ts';"],
    ['a type of the store in http', 'http/a.ts', "import type { BlobReader } from '../store/port.ts';"],
    ['an import that stands in a comment', 'oci/a.ts', "// import { readFile } from 'node:fs';"],
    ['the name of a clock in a message', 'oci/a.ts', "const text = 'Date.now()';"],
    ['a date made of an argument', 'oci/a.ts', 'const date = new Date(nowMs);'],
  ];
  for (const [what, path, text] of allowed) it(`allows ${what}`, () => assert.deepEqual(check([{ path, text }]), []));

  it('allows a circle of types, which are gone when the program runs', () => {
    const a = { path: 'store/a.ts', text: "import type { B } from './b.ts';" };
    const b = { path: 'store/b.ts', text: "import type { A } from './a.ts';" };
    assert.deepEqual(check([a, b]), []);
  });
});
