import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parseManifest } from '../oci/manifest.ts';
import { HELLO, helloImage } from './hello-image.ts';
import { type Architecture, printingProgram } from './hello-program.ts';
import { tarOfProgram } from './tar.ts';

const OWN: Readonly<Record<string, Architecture>> = { x64: 'amd64', arm64: 'arm64' };
const EMULATOR: Readonly<Record<Architecture, string>> = {
  amd64: '/usr/bin/qemu-x86_64-static',
  arm64: '/usr/bin/qemu-aarch64-static',
};

/** What runs a program for an architecture: this machine itself, an emulator, or nothing. */
function runnerOf(architecture: Architecture): readonly string[] | undefined {
  if (process.platform !== 'linux') return undefined;
  if (OWN[process.arch] === architecture) return [];
  return existsSync(EMULATOR[architecture]) ? [EMULATOR[architecture]] : undefined;
}

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'seawall-hello-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a program written byte by byte', () => {
  for (const architecture of ['amd64', 'arm64'] as const) {
    const runner = runnerOf(architecture);
    it(
      `prints its text and ends well on ${architecture}`,
      { skip: runner === undefined && 'nothing runs it here' },
      () =>
        inFolder((folder) => {
          const text = `for ${architecture}: ä\n`;
          const program = join(folder, 'program');
          writeFileSync(program, printingProgram(architecture, text), { mode: 0o755 });
          const [command, ...args] = [...(runner ?? []), program] as const;
          assert.equal(execFileSync(command, args, { encoding: 'utf8' }), text);
        }),
    );
  }

  it('refuses a text that is longer than an instruction can say', () =>
    assert.throws(() => printingProgram('amd64', 'x'.repeat(65_536)), /65536 bytes/));
});

describe('an archive of a program', () => {
  it('is one that tar takes, with an executable file of root', () =>
    inFolder((folder) => {
      const archive = join(folder, 'archive.tar');
      writeFileSync(archive, tarOfProgram('hello', Buffer.from('content')));
      const listed = execFileSync('tar', ['--list', '--verbose', '--numeric-owner', '--file', archive], {
        encoding: 'utf8',
      });
      assert.match(listed, /^-rwxr-xr-x 0\/0 +7 .* hello\n$/);
      assert.equal(
        execFileSync('tar', ['--extract', '--to-stdout', '--file', archive], { encoding: 'utf8' }),
        'content',
      );
    }));
});

describe("the lab's hello-world", () => {
  const image = helloImage();

  it('says what articles show', () =>
    assert.match(
      HELLO,
      /^\nHello from Docker!\nThis message shows that your installation appears to be working correctly\.\n/,
    ));

  it('has the same digest each time', () => assert.equal(helloImage().tag, image.tag));

  it('is whole: every digest that is named is there, with its bytes', () => {
    const content = new Map([...image.manifests, ...image.blobs]);
    for (const [digest, { bytes }] of content)
      assert.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, digest);
    for (const { bytes, mediaType } of image.manifests.values()) {
      const manifest = parseManifest(bytes, mediaType);
      assert.ok(typeof manifest === 'object', typeof manifest === 'string' ? manifest : '');
      const named = [manifest.config, ...manifest.layers, ...manifest.manifests].filter((one) => one !== undefined);
      for (const { digest, size } of named) assert.equal(content.get(digest)?.bytes.length, size);
    }
  });

  it('has the digest of each layer as it is unpacked in its configuration', () => {
    const layers = [...image.blobs.values()].filter(({ mediaType }) => mediaType.endsWith('gzip'));
    const unpacked = layers.map(
      ({ bytes }) => `sha256:${createHash('sha256').update(gunzipSync(bytes)).digest('hex')}`,
    );
    const configs = [...image.blobs.values()].filter(({ mediaType }) => mediaType.endsWith('json'));
    const said = configs.map(({ bytes }) => JSON.parse(bytes.toString()).rootfs.diff_ids[0] as string);
    assert.deepEqual(said.toSorted(), unpacked.toSorted());
  });
});
