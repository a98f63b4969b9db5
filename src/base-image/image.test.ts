import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BaseImage, chooseContainerImage, chooseMachineImage, osOf, versionAt } from './image.ts';

function image(name: string, more: Partial<BaseImage> = {}): BaseImage {
  return {
    schema: 1,
    name,
    version: '20260101T000000Z',
    os: name,
    purpose: 'machines',
    from: 'a test',
    packageHosts: [],
    ...more,
  };
}

describe('choosing a base image', () => {
  const debian = image('debian-12');
  const ubuntu = image('ubuntu-22.04');
  const nodes = image('debian-12-containers', { os: 'debian-12', purpose: 'containers', version: '20260601T000000Z' });

  it('takes the distribution that was asked for where it is there', () => {
    assert.deepEqual(chooseMachineImage([debian, ubuntu], 'Ubuntu2204', true), { kind: 'exact', image: ubuntu });
  });

  it('lets another stand for it, and says which one was wanted', () => {
    const chosen = chooseMachineImage([debian], 'Ubuntu2204', true);
    assert.deepEqual(chosen, { kind: 'substitute', image: debian, wanted: 'ubuntu-22.04' });
  });

  it('refuses instead where substitutions are off, and says what to do', () => {
    const chosen = chooseMachineImage([debian], 'Ubuntu2204', false);
    assert.match(chosen.kind === 'none' ? chosen.why : '', /no base image of ubuntu-22\.04.*--from FOLDER/);
  });

  it('takes what was asked for where substitutions are off', () => {
    assert.equal(chooseMachineImage([debian], 'Debian12', false).kind, 'exact');
  });

  it('takes the newest of one distribution', () => {
    const newer = image('debian-12', { version: '20260201T000000Z' });
    const chosen = chooseMachineImage([newer, debian], 'Debian12', true);
    assert.equal(chosen.kind === 'none' ? '' : chosen.image.version, newer.version);
  });

  it('keeps roots for containers apart from those for machines', () => {
    assert.equal(chooseMachineImage([nodes], 'Debian12', true).kind, 'none');
    assert.equal(chooseContainerImage([debian]).kind, 'none');
    assert.deepEqual(chooseContainerImage([debian, nodes]), { kind: 'exact', image: nodes });
  });

  it('says how to make one where there is none', () => {
    const none = chooseMachineImage([], 'Ubuntu2204', true);
    assert.match(none.kind === 'none' ? none.why : '', /seawall lab image/);
  });
});

describe('what a root says of itself', () => {
  for (const [release, os] of [
    ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n', 'debian-12'],
    ['ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n', 'ubuntu-22.04'],
    ['ID=arch\n', 'arch'],
    ['NAME=nothing\n', undefined],
  ] as const)
    it(`is ${os ?? 'nothing'}`, () => assert.equal(osOf(release), os));

  it('has versions that sort as their times do', () => {
    const [first, second] = [versionAt(Date.UTC(2026, 0, 2, 3, 4, 5)), versionAt(Date.UTC(2026, 10, 2))];
    assert.equal(first, '20260102T030405Z');
    assert.ok(second > first);
  });
});
