import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, link, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type HostsBlock, keepHosts, removeHosts, sweepBlocks, withBlock, withoutBlock } from './hosts-file.ts';

const OTHERS = '127.0.0.1\tlocalhost\n# a comment  \n\n10.0.0.1 db # the database\n';
const BLOCK: HostsBlock = {
  pid: 7,
  dataDir: '/data',
  address: '127.0.0.1',
  names: ['a.azurecr.localhost', 'b.azurecr.localhost'],
};
const RENDERED =
  '# seawall BEGIN pid=7 data="/data"\n127.0.0.1 a.azurecr.localhost\n127.0.0.1 b.azurecr.localhost\n# seawall END\n';

describe('a block in the text of a hosts file', () => {
  it('stands at the end and leaves every other line as it is', () => {
    assert.equal(withBlock(OTHERS, BLOCK), OTHERS + RENDERED);
  });

  it('is taken out without a trace', () => assert.equal(withoutBlock(withBlock(OTHERS, BLOCK), 7), OTHERS));

  it('begins a line of its own where the last one has no line feed', () => {
    assert.equal(withBlock('1.1.1.1 x', BLOCK), `1.1.1.1 x\n${RENDERED}`);
  });

  it('replaces the one that the same process had', () => {
    const renamed = { ...BLOCK, names: ['c.azurecr.localhost'] };
    assert.equal(withBlock(withBlock(OTHERS, BLOCK), renamed), withBlock(OTHERS, renamed));
  });

  it('stands beside that of another server, and each is taken out alone', () => {
    const other = { ...BLOCK, pid: 8, dataDir: '/other' };
    const both = withBlock(withBlock(OTHERS, BLOCK), other);
    assert.equal(withoutBlock(both, 7), withBlock(OTHERS, other));
    assert.equal(withoutBlock(both, 8), withBlock(OTHERS, BLOCK));
  });

  it('of a server that has ended is swept, that of one that runs is not', () => {
    const both = withBlock(withBlock(OTHERS, BLOCK), { ...BLOCK, pid: 8 });
    assert.equal(
      sweepBlocks(both, (pid) => pid === 7),
      withBlock(OTHERS, BLOCK),
    );
  });

  it('that has lost its end is left alone, as what follows may be somebody else’s', () => {
    const torn = `${RENDERED.replace('# seawall END\n', '')}10.0.0.2 other\n`;
    assert.equal(withoutBlock(torn, 7), torn);
  });

  it('that has lost its end does not take the next block with it', () => {
    const torn = RENDERED.replace('# seawall END\n', '');
    const both = withBlock(torn, { ...BLOCK, pid: 8 });
    assert.equal(withoutBlock(both, 7), both);
    assert.equal(withoutBlock(both, 8), torn);
  });

  it('is one line whatever the folder is called', () => {
    const text = withBlock('', { ...BLOCK, dataDir: '/a\n6.6.6.6 evil' });
    assert.doesNotMatch(text, /^6\.6\.6\.6/m);
    assert.equal(withoutBlock(text, 7), '');
  });

  it('keeps line ends of another system', () => {
    assert.equal(withoutBlock(withBlock('1.1.1.1 x\r\n', BLOCK), 7), '1.1.1.1 x\r\n');
  });
});

/** Runs `use` with a real file. */
async function withFile(text: string | Buffer, use: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'seawall-hosts-'));
  try {
    const path = join(directory, 'hosts');
    await writeFile(path, text);
    await use(path);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The id of a process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('a hosts file', () => {
  const block = { ...BLOCK, pid: process.pid };

  it('is kept and restored byte for byte, also where its bytes are no UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from(OTHERS), Buffer.from([0x23, 0xe9, 0xff, 0x0a])]);
    await withFile(bytes, async (path) => {
      assert.equal((await keepHosts(path, block)).kind, 'kept');
      assert.match(await readFile(path, 'latin1'), /127\.0\.0\.1 a\.azurecr\.localhost\n/);
      assert.equal(await removeHosts(path, process.pid), undefined);
      assert.deepEqual(await readFile(path), bytes);
    });
  });

  it('stays the same file, as a bind mount must', async () => {
    await withFile(OTHERS, async (path) => {
      await link(path, `${path}.mount`);
      const before = await stat(path);
      await keepHosts(path, block);
      const after = await stat(path);
      assert.deepEqual([after.ino, after.mode], [before.ino, before.mode]);
      assert.match(await readFile(`${path}.mount`, 'utf8'), /seawall BEGIN/);
    });
  });

  it('loses the block of a process that was killed when the next server starts', async () => {
    const dead = withBlock(OTHERS, { ...BLOCK, pid: await endedPid() });
    await withFile(dead, async (path) => {
      await keepHosts(path, block);
      assert.equal(await readFile(path, 'utf8'), withBlock(OTHERS, block));
    });
  });

  it('that may not be written is left, and the answer says what to add', async (t) => {
    if (process.getuid?.() === 0) return t.skip('root may write any file');
    await withFile(OTHERS, async (path) => {
      await chmod(path, 0o444);
      const kept = await keepHosts(path, block);
      assert.ok(kept.kind === 'refused');
      assert.match(kept.advice, /only root may write it.*\n {2}127\.0\.0\.1 a\.azurecr\.localhost\n/);
      assert.equal(await readFile(path, 'utf8'), OTHERS);
    });
  });

  it('that is not there is not made, and the answer says what to add', async () => {
    const kept = await keepHosts('/nonexistent/hosts', block);
    assert.ok(kept.kind === 'refused');
    assert.match(kept.advice, /ENOENT[\s\S]*\n {2}127\.0\.0\.1 b\.azurecr\.localhost$/);
    assert.match((await removeHosts('/nonexistent/hosts', 1)) ?? '', /still has the names/);
  });
});
