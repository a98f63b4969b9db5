import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { content, digestOf } from '../registry/push.ts';
import { assertBlob } from './content-check.ts';
import { isLost, ShortageError } from './lost.ts';
import { plainSender } from './plain-client.ts';
import { ProcessSeawall } from './process-seawall.ts';
import { Pusher } from './pusher.ts';
import { randomOf, seedOf } from './random.ts';

const MEMORY = '/sys/fs/cgroup/memory';
const DESCRIPTORS = 80;
const CONNECTIONS = 200;
const STEPS = 10;
const MIB = 1024 * 1024;

describe('a server that may open few files', () => {
  it('turns away what it cannot serve, keeps what it acknowledged, and serves again when there are some', async () => {
    await using seawall = await ProcessSeawall.start(
      {},
      { wrapper: ['prlimit', `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`] },
    );
    const pusher = new Pusher(plainSender(seawall, 'myregistry'), 'few/a', randomOf(seedOf(process.env)), {
      layers: [],
    });
    await pusher.step();
    const sockets = Array.from({ length: CONNECTIONS }, () => connect(seawall.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(sockets.map(settled));
    let refused = 0;
    for (let step = 0; step < STEPS; step++)
      await pusher.step().catch((error: unknown) => {
        assert.ok(error instanceof ShortageError || isLost(error) || /: 500 /.test(String(error)), String(error));
        refused++;
      });
    assert.ok(seawall.running, seawall.said);
    for (const socket of sockets) socket.destroy();
    await pusher.check(true);
    await pusher.step();
    await pusher.check(true);
    assert.ok(refused <= STEPS);
  });
});

describe('a server that may use little memory', { skip: whyNoGroup() }, () => {
  it('takes a blob larger than that and gives it back, or ends and has afterwards all that it acknowledged', async () => {
    const group = join(MEMORY, `seawall-test-${process.pid}`);
    await mkdir(group);
    try {
      await writeFile(join(group, 'memory.limit_in_bytes'), String(160 * MIB));
      await using seawall = await ProcessSeawall.start(
        {},
        { wrapper: ['sh', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'sh'] },
      );
      const client = plainSender(seawall, 'myregistry');
      const pusher = new Pusher(client, 'little/a', randomOf(seedOf(process.env)), { layers: [] });
      for (let step = 0; step < STEPS; step++) await pusher.step();
      const large = content(randomOf(1).bytes(200 * MIB));
      const path = `/v2/little/large/blobs/uploads/?digest=${digestOf(large.bytes)}`;
      const pushed = await client.send('POST', path, { body: large.bytes }).catch((error: unknown) => {
        assert.ok(isLost(error), String(error));
        return undefined;
      });
      if (!seawall.running) await seawall.start();
      if (pushed?.status === 201) await assertBlob(client, 'little/large', large);
      await pusher.check(true);
      assert.equal(pushed?.status, 201, 'memory does not grow with the size of a blob');
    } finally {
      await emptied(group);
      await rmdir(group);
    }
  });
});

async function settled(socket: Socket): Promise<void> {
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
}

/** A group can be removed once its last process is gone. */
async function emptied(group: string): Promise<void> {
  while ((await readFile(join(group, 'cgroup.procs'), 'utf8')) !== '') await new Promise(setImmediate);
}

function whyNoGroup(): string | false {
  const path = join(MEMORY, `seawall-try-${process.pid}`);
  try {
    mkdirSync(path);
    rmdirSync(path);
    return false;
  } catch {
    return 'no control group for memory (version 1) can be made on this machine';
  }
}
