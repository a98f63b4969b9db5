import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UploadId } from '../port.ts';
import { planUploads } from './plan.ts';

const ID = 'upload-1' as UploadId;
const NOW = 1_000;
const EXPIRY = 100;

/** Which upload there is: the time of its last byte, that of its session's start, where it is open. */
interface Upload {
  readonly touched?: number;
  readonly started?: number;
  readonly openIn?: 'process' | 'file';
}

const ROWS: readonly (readonly [sentence: string, upload: Upload, go: boolean])[] = [
  ['bytes without a session go', { touched: 999 }, true],
  ['bytes without a session stay while this process works on them', { touched: 999, openIn: 'process' }, false],
  ['bytes without a session stay while their file is open', { touched: 999, openIn: 'file' }, false],
  ['a session goes when its last byte is too old', { touched: 899, started: 500 }, true],
  ['a session stays when its last byte is just young enough', { touched: 900, started: 500 }, false],
  ['a session stays while this process works on it, however old', { touched: 1, started: 1, openIn: 'process' }, false],
  ['a session stays while its file is open, however old', { touched: 1, started: 1, openIn: 'file' }, false],
  ['a session without bytes goes when it began too long ago', { started: 899 }, true],
  ['a session without bytes stays when it began just now', { started: 900 }, false],
];

describe('the sweep of uploads', () => {
  for (const [sentence, { touched, started, openIn }, go] of ROWS)
    it(sentence, () => {
      const part = touched !== undefined && { id: ID, touchedMs: touched, open: openIn === 'file' };
      const facts = {
        parts: new Map(part ? [[ID, part]] : []),
        sessions: new Map(started === undefined ? [] : [[ID, started]]),
      };
      const isOpen = () => openIn === 'process';
      assert.deepEqual(planUploads(facts, { isOpen, nowMs: NOW, expiryMs: EXPIRY }), go ? [ID] : []);
    });
});
