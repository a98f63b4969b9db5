import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whiteouts } from './whiteout.ts';

describe('what a layer takes away', () => {
  for (const [name, removed, emptied] of [
    ['etc/.wh.motd', ['etc/motd'], []],
    ['./.wh.old', ['old'], []],
    ['etc/motd', [], []],
    ['var/cache/.wh..wh..opq', [], ['var/cache']],
    ['.wh...', [], []],
    ['../.wh.passwd', [], []],
    ['etc/.wh.', [], []],
  ] as const)
    it(`${name}: ${[...removed, ...emptied].join() || 'nothing'}`, () =>
      assert.deepEqual(whiteouts([name]), { removed, emptied }));
});
