import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { keepSubstitutions } from '../outside/substitution.ts';
import { baseRoots } from './base-images.ts';

describe('the root that a host is laid over', () => {
  let images: string;
  before(() => {
    images = mkdtempSync(join(tmpdir(), 'seawall-images-'));
    const folder = join(images, 'debian-12/20260101T000000Z');
    mkdirSync(join(folder, 'root'), { recursive: true });
    const image = {
      schema: 1,
      name: 'debian-12',
      version: '20260101T000000Z',
      os: 'debian-12',
      purpose: 'machines',
      from: 'a test',
      packageHosts: [],
    };
    writeFileSync(join(folder, 'image.json'), JSON.stringify(image));
  });
  after(() => rmSync(images, { recursive: true }));

  it('is its own where it is there, and that is no substitution', async () => {
    const told: string[] = [];
    const roots = baseRoots(
      { images, substitutions: true },
      keepSubstitutions(({ asked }) => told.push(asked)),
    );
    assert.deepEqual(await roots.forMachine('Debian12'), {
      kind: 'root',
      root: join(images, 'debian-12/20260101T000000Z/root'),
    });
    assert.deepEqual(told, []);
  });

  it('is another where that may stand for it, and that is told, once', async () => {
    const told: string[] = [];
    const roots = baseRoots(
      { images, substitutions: true },
      keepSubstitutions(({ asked }) => told.push(asked)),
    );
    for (let i = 0; i < 2; i++) assert.equal((await roots.forMachine('Ubuntu2204')).kind, 'root');
    assert.deepEqual(told, ['an image of ubuntu-22.04']);
  });

  it('is none where substitutions are off, or where nothing was made', async () => {
    const told: string[] = [];
    const roots = baseRoots(
      { images, substitutions: false },
      keepSubstitutions(({ asked }) => told.push(asked)),
    );
    assert.equal((await roots.forMachine('Ubuntu2204')).kind, 'none');
    assert.equal((await roots.forContainers()).kind, 'none');
    assert.deepEqual(told, []);
  });
});
