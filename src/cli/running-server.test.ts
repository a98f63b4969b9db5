import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { writeStateFile } from '../server/state-file.ts';
import { findServer } from './running-server.ts';

const SAID = {
  pid: process.pid,
  control: 'https://localhost:1',
  authority: 'https://localhost:1',
  registrySuffix: 'azurecr.test',
  registryAddress: '127.0.0.1:443',
  registryPort: 443,
  registries: [],
  loginServers: [],
  subscriptionId: 's',
  tenantId: 't',
  clientId: 'c',
};

/** What is found where this process has written that it serves; `changes` are made to the file. */
async function found(changes: object) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-found-'));
  const path = join(folder.path, 'run', 'seawall.json');
  await mkdir(join(folder.path, 'run'));
  await writeStateFile(path, SAID);
  const written = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...written, ...changes }));
  return findServer(folder.path);
}

describe('a server that wrote that it runs', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  it('is found', async () => {
    assert.equal((await found({})).kind, 'running');
  });

  it('and was killed is not taken for a process that has its number since', async () => {
    const { kind, ...rest } = await found({ startTicks: '1' });
    assert.equal(kind, 'not-running');
    assert.match('why' in rest ? rest.why : '', /has ended/);
  });

  it('and was killed is not taken for itself while nobody has waited for it', async () => {
    // The child's parent becomes a program that waits for no child.
    const parent = spawn('sh', ['-c', 'cat <&0 & echo $!; exec tail -f /dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    try {
      const [text] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(String(text));
      const read = (of: number | undefined): Promise<string> => readFile(`/proc/${String(of)}/stat`, 'utf8');
      while (!(await read(parent.pid)).includes('(tail)')) await setImmediate();
      parent.stdin.end();
      while (!(await read(pid)).includes(') Z ')) await setImmediate();
      assert.equal((await found({ pid, startTicks: undefined })).kind, 'not-running');
    } finally {
      parent.kill();
    }
  });

  it('is found where an earlier release wrote no more than its number', async () => {
    assert.equal((await found({ startTicks: undefined })).kind, 'running');
  });
});
