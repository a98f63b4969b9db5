import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';
import { ProcessSeawall } from '../fault/process-seawall.ts';
import { RegistryClient } from '../registry/client.ts';
import { manifestPath, pushImage } from '../registry/push.ts';
import { open } from './raw.ts';

/** What a listener takes by default. */
const CONNECTIONS = 10_000;
/** One address has a share of 4,000. */
const ADDRESSES = 4;
const AT_ONCE = 50;
/** What else either process has open. */
const OTHER_FILES = 500;
/** For the server's end of one idle connection, in bytes; measured: 50 KiB. */
const MOST_PER_CONNECTION = 96 * 1024;
const HOUR_MS = String(3_600_000);

/** Lets this process, and those it starts, have so many files open; answers why it cannot. */
function lacksFiles(count: number): string | false {
  if (process.platform !== 'linux') return 'memory is read as Linux tells it';
  const limit = /Max open files\s+\d+\s+(\d+)/.exec(spawnSync('cat', ['/proc/self/limits']).stdout.toString())?.[1];
  if (Number(limit) >= count) return false;
  const raised = spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${count}:${count}`]);
  return raised.status === 0 ? false : `${count} open files are needed, ${limit ?? 'none'} allowed: ulimit -n ${count}`;
}

describe('idle TLS connections, as many as a listener takes', { timeout: 900_000 }, () => {
  it(`(${CONNECTIONS}) cost little memory each, and whoever comes anew pulls and pushes`, {
    skip: lacksFiles(CONNECTIONS + OTHER_FILES),
  }, async (t) => {
    await using seawall = await ProcessSeawall.start({
      // They stand for as long as it takes to open all; by default the first request must be there within 30 s.
      settings: { headersTimeoutMs: HOUR_MS },
    });
    const secureContext = createSecureContext({ ca: await readFile(seawall.ca) });
    const servername = seawall.host('myregistry').replace(/:\d+$/, '');
    const one = async (from: string): Promise<TLSSocket> => {
      const socket = connect({ socket: open({ port: seawall.listenPort, from }), secureContext, servername });
      await once(
        socket.on('error', () => undefined),
        'secureConnect',
      );
      return socket;
    };
    for (let i = 0; i < AT_ONCE; i += 1) (await one('127.0.10.1')).destroy();
    const before = await residentBytes(seawall.state.pid);
    const sockets: TLSSocket[] = [];
    while (sockets.length < CONNECTIONS) {
      const more = Math.min(AT_ONCE, CONNECTIONS - sockets.length);
      const address = `127.0.11.${1 + ((sockets.length / AT_ONCE) % ADDRESSES)}`;
      sockets.push(...(await Promise.all(Array.from({ length: more }, () => one(address)))));
    }
    const each = ((await residentBytes(seawall.state.pid)) - before) / CONNECTIONS;
    t.diagnostic(`${CONNECTIONS} idle TLS connections: ${(each / 1024).toFixed(1)} KiB each in the server`);
    assert.ok(each < MOST_PER_CONNECTION, `${each} bytes each`);
    assert.equal(sockets.filter(({ destroyed }) => destroyed).length, 0, 'all stand');
    const client = await RegistryClient.of(seawall, 'myregistry');
    await pushImage(client, 'a', 'x');
    assert.equal((await client.send('GET', manifestPath('a', 'x'))).status, 200);
    const gone = sockets.filter(({ destroyed }) => destroyed).length;
    assert.ok(gone < 20, `${gone} made room for one client`);
    for (const socket of sockets) socket.destroy();
    client[Symbol.dispose]();
  });
});

/** The memory of a process, in bytes. */
async function residentBytes(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
