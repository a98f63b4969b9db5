import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Advisory, compare, concerns, parseAdvisory } from './osv.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const advisory = (...events: readonly object[]): Advisory => ({
  id: 'GHSA-test',
  modified: '2026-01-01T00:00:00Z',
  affected: [
    { package: { ecosystem: 'npm', name: 'json5' }, ranges: [{ type: 'SEMVER', events }] },
  ] as Advisory['affected'],
});
const concernsVersion = (of: Advisory, version: string): boolean => concerns(of, { name: 'json5', version });

describe('an advisory', () => {
  for (const [events, inside, outside] of [
    [
      [{ introduced: '0' }, { fixed: '1.0.2' }],
      ['0.0.0-a', '0.9.0', '1.0.1', '1.0.2-rc.1'],
      ['1.0.2', '1.0.3', '2.0.0'],
    ],
    [
      [{ introduced: '2.0.0' }, { fixed: '2.2.2' }],
      ['2.0.0', '2.2.1'],
      ['1.9.9', '2.0.0-beta', '2.2.2', '2.10.0'],
    ],
    [
      [{ introduced: '2.0.0' }, { last_affected: '2.2.1' }],
      ['2.0.0', '2.2.1'],
      ['2.2.2', '2.2.10'],
    ],
    [[{ introduced: '3.0.0' }], ['3.0.0', '99.0.0'], ['2.99.99']],
    [
      [{ fixed: '3.1.0' }, { introduced: '3.0.0' }, { introduced: '0' }, { fixed: '1.5.0' }],
      ['1.0.0', '3.0.5'],
      ['1.5.0', '2.0.0', '3.1.0'],
    ],
  ] as const)
    it(`with ${JSON.stringify(events)} concerns ${inside.join(', ')}, and not ${outside.join(', ')}`, () => {
      for (const version of inside) assert.ok(concernsVersion(advisory(...events), version), version);
      for (const version of outside) assert.ok(!concernsVersion(advisory(...events), version), version);
    });

  it('concerns the versions that it lists, of its package, in npm', () => {
    const listed = (ecosystem: string, name: string): Advisory => ({
      ...advisory(),
      affected: [{ package: { ecosystem, name }, versions: ['2.2.1'] }],
    });
    assert.ok(concernsVersion(listed('npm', 'json5'), '2.2.1'));
    assert.ok(!concernsVersion(listed('npm', 'json5'), '2.2.2'));
    assert.ok(!concernsVersion(listed('npm', 'json'), '2.2.1'));
    assert.ok(!concernsVersion(listed('PyPI', 'json5'), '2.2.1'));
  });

  it('that was withdrawn concerns nothing', () => {
    const all = advisory({ introduced: '0' });
    assert.ok(concernsVersion(all, '2.2.1'));
    assert.ok(!concernsVersion({ ...all, withdrawn: '2026-01-02T00:00:00Z' }, '2.2.1'));
  });

  it('is read of JSON that has its members, and of nothing else', () => {
    assert.equal(parseAdvisory('{"id":"a","modified":"2026"}')?.affected.length, 0);
    for (const text of ['', 'x', 'null', '[]', '{"id":"a"}', '{"id":"a","modified":"b","affected":{}}'])
      assert.equal(parseAdvisory(text), undefined, text);
  });
});

describe('versions', () => {
  it('are in the order of semver.org, 11', () => {
    const sorted =
      '0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0 2.1.0 2.1.1 2.1.10'.split(
        ' ',
      );
    for (const [i, one] of sorted.entries())
      for (const [j, other] of sorted.entries())
        assert.equal(Math.sign(compare(one, other)), Math.sign(i - j), `${one} ${other}`);
    assert.equal(compare('1.0.0+a', '1.0.0+b'), 0);
  });
});

describe('npm run audit -- --advisories', () => {
  const commander = async (): Promise<string> => {
    const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly version: string }>>;
    };
    return packages['node_modules/commander']?.version ?? '';
  };
  const audit = async (files: Readonly<Record<string, string>>) => {
    const folder = await mkdtemp(join(tmpdir(), 'seawall-advisories-'));
    try {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(import.meta.dirname, 'audit.ts'), '--advisories', folder],
        { encoding: 'utf8' },
      );
      return { status, said: stdout + stderr };
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  const about = (events: readonly object[]): string =>
    JSON.stringify({
      id: 'GHSA-test',
      modified: '2026-01-02T00:00:00Z',
      summary: 'It is planted.',
      affected: [{ package: { ecosystem: 'npm', name: 'commander' }, ranges: [{ type: 'SEMVER', events }] }],
    });

  it('names what the lock file has and an advisory is about, and is content where it was mended before', async () => {
    const version = await commander();
    const found = await audit({ 'a.json': about([{ introduced: '1.0.0' }]) });
    assert.equal(found.status, 1);
    assert.match(found.said, new RegExp(`commander ${version}, shipped: GHSA-test It is planted\\.`));
    const clean = await audit({ 'a.json': about([{ introduced: '0' }, { fixed: version }]) });
    assert.equal(clean.status, 0, clean.said);
    assert.match(
      clean.said,
      /packages against 1 advisories, the newest of 2026-01-02, that are about 1 of them: 0 found/,
    );
  });

  it('refuses a folder without advisories, and a file that is none', async () => {
    assert.match((await audit({})).said, /has no advisory/);
    const { status, said } = await audit({ 'a.json': about([]), 'b.json': '{}' });
    assert.equal(status, 1);
    assert.match(said, /b\.json is no advisory/);
  });
});
