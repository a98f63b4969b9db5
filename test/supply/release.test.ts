import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const WHY_NOT =
  spawnSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT }).status === 0 ? false : 'these sources are no clone of git';

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

interface Said {
  readonly code: number;
  readonly text: string;
}

describe('a release', { skip: WHY_NOT, timeout: 300_000 }, () => {
  let folder: string;
  let clone: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seawall-release-'));
    clone = join(folder, 'clone');
    await run('git', ['clone', '--quiet', '--no-hardlinks', ROOT, clone]);
    // What is committed is released; what is tried here may not be committed yet.
    for (const file of await readdir(import.meta.dirname))
      await writeFile(join(clone, 'test', 'supply', file), await readFile(join(import.meta.dirname, file)));
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
    await run('git', ['add', '--all'], { cwd: clone });
    await run('git', [...who, 'commit', '--quiet', '--allow-empty', '--message', 'As it is'], { cwd: clone });
    await keys('ed25519', generateKeyPairSync('ed25519'));
    await keys('p256', generateKeyPairSync('ec', { namedCurve: 'P-256' }));
    await keys('other', generateKeyPairSync('ed25519'));
    await keys('rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const file = (name: string): string => join(folder, name);
  const keys = async (name: string, { privateKey, publicKey }: KeyPair): Promise<void> => {
    await writeFile(file(`${name}.key`), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    await writeFile(file(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  };
  const supply = (program: string, ...args: readonly string[]): Promise<Said> =>
    run(process.execPath, [join(clone, 'test', 'supply', program), ...args], { cwd: clone }).then(
      ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
      (error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => ({
        code: error.code,
        text: error.stdout + error.stderr,
      }),
    );
  const release = (...args: readonly string[]) => supply('release.ts', ...args);
  const verify = (key: string) => supply('verify.ts', '--key', file(`${key}.pub`), join(clone, 'dist'));
  const shipped = async (end: string): Promise<string> => {
    const name = (await readdir(join(clone, 'dist'))).find((one) => one.endsWith(end));
    return join(clone, 'dist', name ?? '');
  };

  it('without a key says that it is unsigned, and is no release that can be verified', async () => {
    const { code, text } = await release();
    assert.equal(code, 0, text);
    assert.match(text, /release: unsigned: /);
    assert.match((await verify('ed25519')).text, /the release is unsigned/);
    assert.equal((await verify('ed25519')).code, 1);
  });

  for (const kind of ['ed25519', 'p256'])
    it(`signed by a key of ${kind} is verified by its public half, and by no other`, async () => {
      assert.match((await release('--key', file(`${kind}.key`))).text, /release: signed by [0-9a-f]{64};/);
      const verified = await verify(kind);
      assert.equal(verified.code, 0, verified.text);
      assert.match(
        verified.text,
        /\.tgz: as it was signed\n.*\.cdx\.json: as it was signed\n.*made of commit [0-9a-f]{40}/,
      );
      const other = await verify('other');
      assert.equal(other.code, 1);
      assert.match(other.text, /none of its signatures .* is by this key/);
    });

  it('whose package, list of parts or statement was changed is not verified', async () => {
    await release('--key', file('ed25519.key'));
    assert.equal((await verify('ed25519')).code, 0);
    await cp(join(clone, 'dist'), file('kept'), { recursive: true });
    for (const [end, change] of [
      ['.tgz', (path: string) => appendFile(path, 'x')],
      ['.cdx.json', (path: string) => appendFile(path, ' ')],
      ['.intoto.dsse.json', (path: string) => alter(path, (text) => text.replace('"payload": "', '"payload": "ew'))],
      ['.intoto.dsse.json', (path: string) => alter(path, (text) => text.replace('in-toto+json', 'other+json'))],
      [
        '.intoto.dsse.json',
        (path: string) => alter(path, (text) => text.replace(/"signatures": \[[^\]]*\]/, '"signatures": []')),
      ],
    ] as const) {
      await cp(file('kept'), join(clone, 'dist'), { recursive: true });
      await change(await shipped(end));
      const { code, text } = await verify('ed25519');
      assert.equal(code, 1, `${end}: ${text}`);
    }
  });

  it('is signed by no key that is weaker, and by no file that is none', async () => {
    for (const [key, why] of [
      ['rsa.key', /a key of rsa is not taken: Ed25519 or ECDSA on P-256/],
      ['ed25519.pub', /openssl genpkey -algorithm ed25519/],
      ['absent', /ENOENT.*openssl genpkey/],
    ] as const) {
      const { code, text } = await release('--key', file(key));
      assert.equal(code, 1);
      assert.match(text, why);
    }
  });

  it('is not made of a work tree that is not what its commit says', async () => {
    await writeFile(join(clone, 'planted'), '');
    assert.match((await release()).text, /the work tree differs from its commit/);
    await rm(join(clone, 'planted'));
  });
});

async function alter(path: string, how: (text: string) => string): Promise<void> {
  const before = await readFile(path, 'utf8');
  assert.notEqual(how(before), before);
  await writeFile(path, how(before));
}
