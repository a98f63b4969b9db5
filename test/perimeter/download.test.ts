import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { untilEnded } from '../hostile/raw.ts';
import { type Client, perimeterScene } from './scene.ts';
import { basicOf } from '../../src/testkit/login.ts';

const INSIDE: Client = { address: '10.0.0.4', in: 'a' };
/** More than what buffers between the two hold. */
const BYTES = randomBytes(64 * 1024 * 1024);
const DIGEST = `sha256:${createHash('sha256').update(BYTES).digest('hex')}`;

describe('a download under way', () => {
  it('is cut before the change that refuses it is answered, and comes whole while it is let in', async () => {
    await using scene = await perimeterScene();
    const host = scene.seawall.host('myregistry');
    const authorization = basicOf(scene.seawall.admin('myregistry'));
    const started = await scene.ask(INSIDE, 'POST /v2/hello-world/blobs/uploads/', {
      authorization,
      'content-length': '0',
    });
    const url = new URL(/^location: (.+)\r$/im.exec(started)?.[1] ?? '', 'https://x');
    url.searchParams.set('digest', DIGEST);
    const head = (line: string, length: number): string =>
      `${line} HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${authorization}\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n`;
    const upload = scene.open(INSIDE);
    const uploaded = untilEnded(upload);
    upload.write(head(`PUT ${url.pathname}${url.search}`, BYTES.length));
    upload.write(BYTES);
    assert.match(await uploaded, /^HTTP\/1\.1 201/);
    const rule = { id: scene.subnet('a', 'on') };
    await scene.patch({ networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules: [rule], ipRules: [] } });

    const download = async (): Promise<{ readonly read: () => Promise<number> }> => {
      const socket = scene.open(INSIDE);
      let length = 0;
      socket.write(head(`GET /v2/hello-world/blobs/${DIGEST}`, 0));
      const [first]: readonly Buffer[] = await once(socket, 'data');
      socket.pause();
      length += first?.length ?? 0;
      const read = async (): Promise<number> => {
        socket.on('data', (more: Buffer) => (length += more.length)).resume();
        if (!socket.closed) await once(socket, 'close');
        return length;
      };
      return { read };
    };
    assert.ok((await (await download()).read()) > BYTES.length);
    const cut = await download();
    await scene.patch({ networkRuleSet: { virtualNetworkRules: [] } });
    assert.ok((await cut.read()) < BYTES.length);
  });
});
