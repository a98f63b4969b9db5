/**
 * A process that pushes a blob and stops for good at a named step, so that its test can kill it there. The steps
 * inside a commit are reached by replacing functions of `node:fs/promises` in this process alone.
 */
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { FIRST, PUSHED, REST, type Step, UPLOAD } from './crash-push.fixture.ts';
import { openFileBytes } from './file/bytes.ts';
import { openMetadata } from './sqlite/metadata.ts';

const [root = '', step = ''] = process.argv.slice(2);

/** Says that the step is reached, and waits to be killed when it is the one to stop at. */
async function reached(name: Step): Promise<void> {
  if (name !== step) return;
  process.stdout.write('stopped\n');
  await new Promise(() => setInterval(() => {}, 60_000));
}

const link = promises.link;
promises.link = async (from, to) => {
  await reached('synced');
  await link(from, to);
  await reached('named');
};
syncBuiltinESMExports();

async function* chunk(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const metadata = await openMetadata({ path: join(root, 'content.db'), onFatal: () => process.exit(1) });
const bytes = await openFileBytes(join(root, 'content'));
await metadata.startUpload(UPLOAD);
await reached('session');
const part = await bytes.createPart(UPLOAD.id, UPLOAD.algorithm);
await part.append(chunk(FIRST), Number.MAX_SAFE_INTEGER);
await reached('half');
await part.append(chunk(REST), Number.MAX_SAFE_INTEGER);
await reached('whole');
const locator = await part.commit();
await reached('committed');
const { repository, id } = UPLOAD;
const linking = metadata.linkBlob({ repository, digest: PUSHED, size: part.offset, locator, upload: id, nowMs: 2 });
await reached('linking');
await linking;
await reached('linked');
await bytes.removePart(id);
await reached('removed');
