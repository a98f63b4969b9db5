/** The push that crash tests interrupt, known to the process that makes it and to the test that looks after it. */
import { keyOf, sha256 } from './contract/sample.ts';
import type { UploadId, UploadRecord } from './port.ts';

/** The steps of a push at which a process can be made to die. */
export type Step = 'session' | 'half' | 'whole' | 'synced' | 'named' | 'committed' | 'linking' | 'linked' | 'removed';

/** The bytes that are sent first, larger than what is written at once. */
export const FIRST = Buffer.alloc(3_000_000, 'first ');

/** The bytes that are sent after them. */
export const REST = Buffer.alloc(1_500_000, 'rest ');

/** The digest of both. */
export const PUSHED = sha256(Buffer.concat([FIRST, REST]));

/** The session that brings them. */
export const UPLOAD: UploadRecord = {
  id: 'upload-1' as UploadId,
  repository: keyOf('team/app'),
  algorithm: 'sha256',
  startedMs: 1,
};
