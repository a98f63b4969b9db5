import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { layerOf, writeLayout } from './layout.fixture.ts';
import { type Made, makeImage, type Origin } from './make.ts';
import { listImages, removeImage, rootOf } from './shelf.ts';

const skip = process.platform === 'linux' && process.getuid?.() === 0 ? false : 'needs root on Linux';
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

const JSON_BEGINS = 0x7b;

let work: string;

function put(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** What a root has to have that somebody logs in to. */
const NEEDED = {
  'usr/sbin/sshd': 'sshd',
  'usr/bin/sudo': 'sudo',
  'bin/bash': 'bash',
  'etc/os-release': 'ID=ubuntu\nVERSION_ID="22.04"\n',
};

function make(origin: Origin, more: { readonly name?: string; readonly nowMs?: number } = {}): Promise<Made> {
  const images = join(work, 'images');
  return makeImage({ images, origin, name: undefined, nowMs: Date.UTC(2026, 0, 1), told: () => undefined, ...more });
}

async function whyNot(path: string): Promise<string> {
  const made = await make({ kind: 'folder', path });
  return made.kind === 'refused' ? made.why : 'it was made';
}

async function rootMadeOf(path: string): Promise<string> {
  const made = await make({ kind: 'folder', path });
  assert.equal(made.kind, 'made', made.kind === 'refused' ? made.why : '');
  return made.kind === 'made' ? rootOf(join(work, 'images'), made.image) : '';
}

describe('a base image', { skip }, () => {
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'seawall-image-'));
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  it('is made of a folder, is named after its distribution, and is listed', async () => {
    const root = await rootMadeOf(
      put(join(work, 'from'), { ...NEEDED, 'etc/motd': 'hello', 'etc/apt/sources.list': 'deb http://m.example/ x y' }),
    );
    assert.equal(readFileSync(join(root, 'etc/motd'), 'utf8'), 'hello');
    const [image] = await listImages(join(work, 'images'));
    assert.deepEqual(image?.packageHosts, ['m.example']);
    assert.deepEqual([image?.name, image?.os, image?.version], ['ubuntu-22.04', 'ubuntu-22.04', '20260101T000000Z']);
  });

  it('is refused without what a person logs in by, and nothing is left', async () => {
    const { 'usr/sbin/sshd': _, ...lacking } = NEEDED;
    assert.match(
      await whyNot(put(join(work, 'from'), lacking)),
      /has no \/usr\/sbin\/sshd: a host needs openssh-server/,
    );
    assert.deepEqual(readdirSync(join(work, 'images')), []);
  });

  it('is refused by a name that is none', async () => {
    const origin = { kind: 'folder', path: put(join(work, 'from'), NEEDED) } as const;
    const made = await make(origin, { name: '../etc' });
    assert.match(made.kind === 'refused' ? made.why : '', /"\.\.\/etc" is no name of an image/);
  });

  it('is made of an OCI image layout, with what a layer takes away taken away', async () => {
    const layers = [
      layerOf(put(join(work, 'first'), { ...NEEDED, 'etc/old': 'old', 'var/cache/one': '1' })),
      layerOf(put(join(work, 'second'), { 'etc/.wh.old': '', 'var/cache/.wh..wh..opq': '', 'var/cache/two': '2' })),
    ];
    writeLayout(join(work, 'layout'), layers, ARCHITECTURE);
    const root = await rootMadeOf(join(work, 'layout'));
    assert.deepEqual(readdirSync(join(root, 'etc')), ['os-release']);
    assert.deepEqual(readdirSync(join(root, 'var/cache')), ['two']);
  });

  it('writes nothing outside its root, whatever links a layer has', async () => {
    const outside = put(join(work, 'outside'), { there: 'mine' });
    const first = put(join(work, 'first'), NEEDED);
    symlinkSync(outside, join(first, 'link'));
    const second = put(join(work, 'second'), { 'link/there': 'theirs', 'link/.wh.there': '', 'link/more': 'more' });
    writeLayout(join(work, 'layout'), [layerOf(first), layerOf(second)], ARCHITECTURE);
    await make({ kind: 'folder', path: join(work, 'layout') }).catch(() => undefined);
    assert.deepEqual(readdirSync(outside), ['there']);
    assert.equal(readFileSync(join(outside, 'there'), 'utf8'), 'mine');
  });

  it('is not made of a layout for another architecture, nor of a blob with other bytes', async () => {
    writeLayout(join(work, 'other'), [layerOf(put(join(work, 'first'), NEEDED))], 's390x');
    await assert.rejects(make({ kind: 'folder', path: join(work, 'other') }), /has no image for .*; it has s390x/);
    writeLayout(join(work, 'broken'), [layerOf(put(join(work, 'first'), NEEDED))], ARCHITECTURE);
    const blobs = join(work, 'broken/blobs/sha256');
    for (const name of readdirSync(blobs))
      if (readFileSync(join(blobs, name))[0] !== JSON_BEGINS) writeFileSync(join(blobs, name), 'other bytes');
    await assert.rejects(make({ kind: 'folder', path: join(work, 'broken') }), /has other bytes/);
    assert.deepEqual(readdirSync(join(work, 'images')), []);
  });

  it('is there in versions, of which the newest is first, and goes as a whole', async () => {
    const path = put(join(work, 'from'), NEEDED);
    await make({ kind: 'folder', path }, { nowMs: Date.UTC(2026, 0, 1) });
    await make({ kind: 'folder', path }, { nowMs: Date.UTC(2026, 1, 1) });
    const images = join(work, 'images');
    const versions = (await listImages(images)).map(({ version }) => version);
    assert.deepEqual(versions, ['20260201T000000Z', '20260101T000000Z']);
    assert.equal((await removeImage(images, 'debian-12')).kind, 'unknown');
    assert.equal((await removeImage(images, 'ubuntu-22.04')).kind, 'removed');
    assert.deepEqual(readdirSync(images), []);
  });

  it('stays while a host is laid over it', async () => {
    await rootMadeOf(put(join(work, 'from'), NEEDED));
    const images = join(work, 'images');
    const [image] = await listImages(images);
    assert.ok(image);
    for (const name of ['upper', 'work', 'merged']) mkdirSync(join(work, name));
    const options = `lowerdir=${rootOf(images, image)},upperdir=${work}/upper,workdir=${work}/work`;
    const mount = `mount -t overlay overlay -o ${options} ${work}/merged && echo mounted && read -r _`;
    const host = spawn('unshare', ['--mount', '--propagation=private', 'sh', '-c', mount], { stdio: 'pipe' });
    await once(host.stdout, 'data');
    assert.equal((await removeImage(images, image.name)).kind, 'in-use');
    host.stdin.end();
    await once(host, 'exit');
    assert.equal((await removeImage(images, image.name)).kind, 'removed');
  });

  it('leaves nothing that is used, and no process, when its maker is killed', async () => {
    const from = put(join(work, 'from'), NEEDED);
    // A pipe that nobody writes to keeps the copying where it is.
    await once(spawn('mkfifo', [join(from, 'pipe')]), 'exit');
    const images = join(work, 'images');
    const code = `import { beginImage } from ${JSON.stringify(join(import.meta.dirname, 'shelf.ts'))};
      import { runContained } from ${JSON.stringify(join(import.meta.dirname, 'run-tool.ts'))};
      await beginImage(${JSON.stringify(images)});
      await runContained(['sh', '-c', 'echo begun >&2; exec cat "$0"', ${JSON.stringify(join(from, 'pipe'))}], { said: (line) => console.log(line) });`;
    const maker = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(maker.stdout, 'data');
    maker.kill('SIGKILL');
    await once(maker, 'exit');
    // Its output ends when the last process that has it is gone.
    for await (const _ of maker.stdout);
    assert.deepEqual(await listImages(images), []);
    assert.ok(existsSync(join(images, `.making-${maker.pid}`)));
    await rootMadeOf(put(join(work, 'whole'), NEEDED));
    assert.deepEqual(readdirSync(images), ['ubuntu-22.04']);
  });
});
