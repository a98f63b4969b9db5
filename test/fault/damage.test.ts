import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NotStartedError, ProcessSeawall } from './process-seawall.ts';
import { smallVolume, whyNoVolume } from './small-volume.ts';

const EXIT_DENIED = 77;
const EXIT_CONFIG = 78;
const PAGE = 4_096;

const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length >> 1);
const noise = (from: number, to: number) => (bytes: Buffer) =>
  Buffer.from(bytes.map((byte, at) => (at >= from && at < to ? byte ^ 0x5a : byte)));
const none = (): Buffer => Buffer.alloc(0);

/** What is done to a file of a stopped server, and what the next start says of it. */
const ROWS: readonly (readonly [
  name: string,
  file: string,
  change: ((bytes: Buffer) => Buffer) | 'gone',
  says: RegExp,
])[] = [
  ['a database that is gone', 'metadata.db', 'gone', /metadata\.db is gone or empty.*put a backup of the whole folder/],
  ['a database that is empty', 'state.db', none, /state\.db is gone or empty/],
  ['a database that was cut', 'metadata.db', half, /metadata\.db cannot be used as it is.*malformed.*backup/],
  ['a database with another head', 'directory.db', noise(0, 100), /directory\.db cannot be used.*not a database/],
  ['a database with damage deep inside', 'metadata.db', noise(4 * PAGE, 6 * PAGE), /metadata\.db cannot be used/],
  ['bytes whose volume is not mounted', 'content/blobs', 'gone', /content\/blobs is gone or empty.*Mount the volume/],
  ['a key that is gone', 'trust/secret.key', 'gone', /secret\.key is gone or empty/],
  ['a key that was cut', 'trust/secret.key', half, /secret\.key does not hold a key of 32 bytes/],
  ['signing keys that were cut', 'trust/signing-keys.json', half, /signing-keys\.json does not hold signing keys/],
  ['a lock that cannot be locked', 'run/lock.db', noise(0, 100), /lock\.db, which holds nothing but a lock/],
  [
    'a record of contents that says nothing',
    'contents.json',
    half,
    /contents\.json does not say what the folder holds/,
  ],
];

describe('a server does not start', () => {
  let seawall: ProcessSeawall;
  before(async () => {
    seawall = await ProcessSeawall.start();
    await seawall.stop();
    await cp(seawall.dataDir, join(seawall.root, 'kept'), { recursive: true });
  });
  after(() => seawall.close());

  for (const [name, file, change, says] of ROWS)
    it(`over ${name}, changes nothing, and says what to do; put back, it starts`, async () => {
      const path = join(seawall.dataDir, file);
      const damaged = change === 'gone' ? undefined : change(await readFile(path));
      if (damaged === undefined) await rm(path, { recursive: true });
      else await writeFile(path, damaged);
      await assert.rejects(seawall.start(), refusal(EXIT_CONFIG, says));
      if (damaged !== undefined) assert.deepEqual(await readFile(path), damaged);
      await rm(seawall.dataDir, { recursive: true });
      await cp(join(seawall.root, 'kept'), seawall.dataDir, { recursive: true });
      await seawall.start();
      await seawall.stop();
    });

  it('on a volume that may only be read, and starts when it may be written', { skip: whyNoVolume() }, async () => {
    await using volume = await smallVolume(64 * 1024 * 1024);
    await using own = await ProcessSeawall.start({ under: volume.path });
    await own.stop();
    volume.allowWrites(false);
    await assert.rejects(own.start(), refusal(EXIT_DENIED, /cannot start: EROFS: read-only file system/));
    volume.allowWrites(true);
    await own.start();
  });
});

function refusal(exit: number, says: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof NotStartedError, String(error));
    assert.match(error.said, says);
    assert.doesNotMatch(error.said, /\n\s+at /, 'no stack: this is for the operator');
    assert.equal(error.exit, exit);
    return true;
  };
}
