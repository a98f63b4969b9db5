import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UploadId } from '../port.ts';
import { planUploads } from './plan.ts';

const ID = 'upload-1' as UploadId;
const NOW = 1_000;
const EXPIRY = 100;

/** Which upload there is: the time of its part's last byte, that of its session's start, whether it is open. */
type Row = readonly [
  sentence: string,
  touched: number | undefined,
  started: number | undefined,
  open: boolean,
  go: boolean,
];

const ROWS: readonly Row[] = [
  ['bytes without a session go', 999, undefined, false, true],
  ['bytes without a session stay while they are open here', 999, undefined, true, false],
  ['a session goes when its last byte is too old', 899, 500, false, true],
  ['a session stays when its last byte is just young enough', 900, 500, false, false],
  ['a session stays while it is open here, however old', 1, 1, true, false],
  ['a session without bytes goes when it began too long ago', undefined, 899, false, true],
  ['a session without bytes stays when it began just now', undefined, 900, false, false],
];

describe('the sweep of uploads', () => {
  for (const [sentence, touched, started, open, go] of ROWS)
    it(sentence, () => {
      const facts = {
        parts: new Map(touched === undefined ? [] : [[ID, touched]]),
        sessions: new Map(started === undefined ? [] : [[ID, started]]),
      };
      const plan = planUploads(facts, { isOpen: () => open, nowMs: NOW, expiryMs: EXPIRY });
      assert.deepEqual(plan, go ? [ID] : []);
    });
});
