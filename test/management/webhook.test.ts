import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { type HttpListener, listenHttp } from '../../src/testkit/http-listener.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { manifestPath, pushImage } from '../registry/push.ts';
import { RegistryClient } from '../registry/client.ts';
import { type Arm, armOf, codeOf } from './arm.ts';

interface Told {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly content: {
    readonly id: string;
    readonly action: string;
    readonly target: { readonly repository: string; readonly tag?: string; readonly digest?: string };
    readonly request: { readonly host: string; readonly method: string };
  };
}

interface Listed {
  readonly id: string;
  readonly eventRequestMessage: { readonly headers: Readonly<Record<string, string>> };
  readonly eventResponseMessage?: { readonly statusCode?: string; readonly content: string };
}

describe('a webhook', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let registry: string;
  let receiver: HttpListener;
  let status = 200;
  const told: Told[] = [];
  const arrivals = new EventEmitter();
  before(async () => {
    receiver = await listenHttp((request, response) => {
      const { url: path = '', headers } = request;
      void text(request).then((whole) => {
        told.push({ path, headers, content: JSON.parse(whole) });
        response.writeHead(status).end('thanks');
        arrivals.emit('told');
      });
    });
    seawall = await startSeawall({ settings: { outboundAllow: '127.0.0.1' } });
    arm = await armOf(seawall);
    registry = `${arm.subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/myregistry`;
  });
  after(async () => {
    await seawall.close();
    await receiver[Symbol.asyncDispose]();
  });

  const create = (name: string, more: object = {}): ReturnType<Arm['ask']> =>
    arm.ask('PUT', `${registry}/webhooks/${name}`, {
      location: 'westeurope',
      properties: { serviceUri: `http://127.0.0.1:${receiver.port}/${name}`, actions: ['push', 'delete'], ...more },
    });
  const arrived = async (count: number): Promise<readonly Told[]> => {
    while (told.length < count) await once(arrivals, 'told');
    return told.splice(0);
  };
  const eventsOf = async (name: string): Promise<readonly Listed[]> => {
    const { value } = await arm.must('POST', `${registry}/webhooks/${name}/listEvents`);
    return value as readonly Listed[];
  };
  const shownBy = async (name: string, isRight: (events: readonly Listed[]) => boolean): Promise<readonly Listed[]> => {
    for (;;) {
      const events = await eventsOf(name);
      if (isRight(events)) return events;
    }
  };

  it('is told of a push and of a deletion in its scope, and of nothing else', async () => {
    assert.equal((await create('scoped', { scope: 'team/app:v1', customHeaders: { 'X-Key': 'secret' } })).status, 201);
    await create('deletions', { actions: ['delete'] });
    await create('disabled', { status: 'disabled' });
    using client = await RegistryClient.of(seawall, 'myregistry');
    await pushImage(client, 'team/other', 'v1');
    await pushImage(client, 'team/app', 'v2');
    const { manifest } = await pushImage(client, 'team/app', 'v1');
    const [push] = await arrived(1);
    assert.equal(push?.path, '/scoped');
    assert.equal(push.headers['x-key'], 'secret');
    assert.deepEqual(
      [push.content.action, push.content.target.repository, push.content.target.tag, push.content.target.digest],
      ['push', 'team/app', 'v1', manifest.digest],
    );
    assert.equal(push.content.request.method, 'PUT');
    await client.send('DELETE', manifestPath('team/app', manifest.digest));
    const deletions = await arrived(2);
    assert.deepEqual(
      new Set(deletions.map(({ path, content }) => `${content.action} ${path}`)),
      new Set(['delete /deletions', 'delete /scoped']),
    );
  });

  it('lists what it was told and what came back, without the secrets of its headers', async () => {
    const events = await shownBy('scoped', (all) => all.length === 2 && all.every((one) => one.eventResponseMessage));
    assert.equal(events[0]?.eventResponseMessage?.statusCode, '200');
    assert.equal(events[0]?.eventRequestMessage.headers['X-Key'], '***');
    assert.deepEqual(await eventsOf('disabled'), []);
  });

  it('answers a ping with the id of what is sent', async () => {
    const { id } = await arm.must('POST', `${registry}/webhooks/disabled/ping`);
    const [ping] = await arrived(1);
    assert.deepEqual([ping?.path, ping?.content.action, ping?.content.id], ['/disabled', 'ping', id]);
  });

  it('whose receiver fails is told again after a restart', async () => {
    status = 500;
    await arm.must('POST', `${registry}/webhooks/deletions/ping`);
    await arrived(1);
    const [failed] = await shownBy('deletions', ([newest]) => newest?.eventResponseMessage !== undefined);
    assert.equal(failed?.eventResponseMessage?.statusCode, '500');
    status = 200;
    await seawall.restart();
    arm = await armOf(seawall);
    const [again] = await arrived(1);
    assert.equal(again?.content.id, failed?.id);
  });

  it('does not reach what the operator has not listed', async () => {
    await create('inside', { serviceUri: `http://[::1]:${receiver.port}/inside` });
    await arm.must('POST', `${registry}/webhooks/inside/ping`);
    const [refused] = await shownBy('inside', ([newest]) => newest?.eventResponseMessage !== undefined);
    assert.match(refused?.eventResponseMessage?.content ?? '', /::1 .*own.*outboundAllow/);
    assert.equal(told.length, 0);
  });

  const HEADERS: readonly (readonly [object, boolean])[] = [
    [{ Authorization: 'Bearer x' }, true],
    [{ Host: 'elsewhere' }, false],
    [{ 'X Y': 'z' }, false],
    [{ X: 'a\r\nb: c' }, false],
  ];
  for (const [customHeaders, isTaken] of HEADERS)
    it(`with the headers ${JSON.stringify(customHeaders)} is ${isTaken ? 'taken' : 'refused'}`, async () => {
      const answer = await create('headers', { customHeaders });
      if (isTaken) assert.equal(answer.status, 201, answer.text);
      else assert.deepEqual([answer.status, codeOf(answer)], [400, 'InvalidRequestContent']);
    });
});
