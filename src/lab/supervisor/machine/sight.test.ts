import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sightRefusal } from './sight.ts';

describe("a machine's sight", () => {
  let folder: string;
  let base: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sight-'));
    base = join(folder, 'images', 'one');
    await mkdir(join(base, 'var', 'lib'), { recursive: true });
    await mkdir(join(folder, 'data'));
    await symlink(join(base, 'var'), join(folder, 'elsewhere'));
  });
  after(() => rm(folder, { recursive: true }));

  const refused = (root: string, ...hidden: readonly string[]): Promise<string | undefined> =>
    sightRefusal(root, { bases: join(folder, 'images'), hidden, disk: join(folder, 'data', 'machines', 'uid') });

  it('holds nothing that must be hidden where data and image are apart', async () => {
    assert.equal(await refused(base, join(folder, 'data'), join(folder, 'config.json')), undefined);
  });

  it('is refused where data, or what is not there yet, would lie in it, by whatever way', async () => {
    assert.match((await refused(base, join(base, 'var'))) ?? '', /would lie in its sight/);
    assert.match((await refused(base, join(base, 'var', 'lib', 'new', 'data'))) ?? '', /would lie in its sight/);
    assert.match((await refused(base, join(folder, 'elsewhere', 'lib'))) ?? '', /would lie in its sight/);
    assert.match((await refused(base, base)) ?? '', /would lie in its sight/);
  });

  it('is refused for a root that is none, or no image', async () => {
    assert.match((await refused(join(folder, 'none'))) ?? '', /there is no root/);
    assert.match((await refused('/')) ?? '', /is not in .*images/);
    assert.match((await refused(join(folder, 'data'))) ?? '', /is not in .*images/);
  });

  it('is refused where something hidden lies on its own disk', async () => {
    assert.match((await refused(base, join(folder, 'data', 'machines', 'uid', 'x'))) ?? '', /folder of its disk/);
  });
});
