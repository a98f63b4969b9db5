import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fullName } from './container-machines.ts';
import { groupFiles, quoted } from './container-script.ts';
import { readContainers } from './container-watch.ts';

describe('a word in a script', () => {
  for (const word of ['plain', "it's", '$(reboot)', '`x`', 'a b', '', '\\', 'line\nline', '"'])
    it(`is itself: ${JSON.stringify(word)}`, () =>
      assert.equal(execFileSync('bash', ['-c', `printf %s ${quoted(word)}`], { encoding: 'utf8' }), word));
});

describe('the script of a group', () => {
  const [, group] = groupFiles(
    [
      {
        name: 'one',
        image: "x/y:'z",
        pullAs: { kind: 'user', username: 'me', password: '$(touch /tmp/never)' },
        command: ['/bin/sh', '-c', 'echo "$HOME"'],
        environment: [['A', "b'; reboot"]],
      },
    ],
    'OnFailure',
  );

  it('is one that bash can read, and root alone', () => {
    execFileSync('bash', ['-n'], { input: group?.content ?? '' });
    assert.equal(group?.mode, 0o700);
    assert.match(group?.content ?? '', /^policy=OnFailure /m);
  });

  it('says words of users as words alone', () => {
    const call = /^run (.*) &$/m.exec(group?.content ?? '')?.[1] ?? '';
    const said = execFileSync('bash', ['-c', `printf '%s|' ${call}`], { encoding: 'utf8' });
    assert.equal(said, `one|x/y:'z|1|A=b'; reboot|/bin/sh|-c|echo "$HOME"|`);
  });
});

describe('the name of an image', () => {
  for (const [given, full] of [
    ['hello-world', 'docker.io/library/hello-world:latest'],
    ['me/hello', 'docker.io/me/hello:latest'],
    ['r.azurecr.test/hello', 'r.azurecr.test/hello:latest'],
    ['r.azurecr.test:5443/a/b:v1', 'r.azurecr.test:5443/a/b:v1'],
    [`r.azurecr.test/a@sha256:${'0'.repeat(64)}`, `r.azurecr.test/a@sha256:${'0'.repeat(64)}`],
  ] as const)
    it(`${given} is ${full}`, () => assert.equal(fullName(given), full));
});

describe('how containers are found', () => {
  it('is a line for each', () => {
    const said = 'one:Running 0 1000\ntwo:Terminated 3 1000 2500 137\nnonsense\n';
    assert.deepEqual(readContainers(said), [
      { name: 'one', state: 'Running', restarts: 0, startedMs: 1000, endedMs: undefined, exitCode: undefined },
      { name: 'two', state: 'Terminated', restarts: 3, startedMs: 1000, endedMs: 2500, exitCode: 137 },
    ]);
  });
});
