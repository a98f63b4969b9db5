import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { askControl } from '../../src/testkit/control-client.ts';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf } from '../management/arm.ts';
import { leftovers } from './leftovers.ts';

const run = promisify(execFile);
const WHY_NOT = process.platform !== 'linux' || process.getuid?.() !== 0 ? 'the lab needs Linux and root' : false;

describe('a server whose supervisor alone is killed', { skip: WHY_NOT, timeout: 120_000 }, () => {
  it('is not ready and says what to do, refuses changes of networks, and makes the lab anew when it is restarted', async () => {
    await using seawall = await startSeawall({ settings: { lab: 'on', control: '127.0.0.1:0' } });
    const ready = () => askControl(seawall, 'GET', '/readyz');
    assert.equal((await ready()).status, 200);
    const { stdout } = await run('pgrep', ['-P', String(process.pid), '-f', 'supervisor/main.ts']);
    process.kill(Number(stdout), 'SIGKILL');
    let answer = await ready();
    while (answer.status === 200) answer = await ready();
    assert.equal(answer.status, 503);
    assert.match(answer.text, /the lab's supervisor ended.*Restart the server/);
    const arm = await armOf(seawall);
    const network = `${arm.subscription}/resourceGroups/seawall/providers/Microsoft.Network/virtualNetworks/one`;
    const body = {
      location: 'westeurope',
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: 'one', properties: { addressPrefix: '10.0.0.0/24' } }],
      },
    };
    const made = await arm.ask('PUT', network, body);
    assert.ok(made.status >= 500, `${made.status} ${made.text}`);
    await seawall.restart();
    assert.equal((await ready()).status, 200);
    await (await armOf(seawall)).must('PUT', network, body);
    await seawall.close();
    assert.deepEqual(leftovers(), []);
  });
});
