import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { outcomeOf } from '../../src/attack/attempt.ts';
import { ownerToken } from '../../src/testkit/control-client.ts';
import { untilEnded } from '../hostile/raw.ts';
import { type Client, type PerimeterScene, perimeterScene } from './scene.ts';
import { basicOf } from '../../src/testkit/login.ts';

/** A client of the admitted subnet, and one of the internet. */
const INSIDE: Client = { address: '10.0.0.4', in: 'a' };
const OUTSIDE: Client = { address: '203.0.113.9' };

describe('what was made within the subnet and is used outside', () => {
  let scene: PerimeterScene;
  let host: string;
  let admin: string;
  before(async () => {
    scene = await perimeterScene();
    host = scene.seawall.host('myregistry');
    admin = basicOf(scene.seawall.admin('myregistry'));
    await scene.patch({
      networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules: [{ id: scene.subnet('a', 'on') }], ipRules: [] },
    });
  });
  after(() => scene[Symbol.asyncDispose]());

  const json = (answer: string): Record<string, string> =>
    JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
  const token = async (): Promise<string> => {
    const path = '/oauth2/token?service=myregistry.azurecr.localhost&scope=repository:hello-world:pull,push';
    const answer = await scene.ask(INSIDE, `GET ${path}`, { authorization: admin });
    return json(answer)['access_token'] ?? '';
  };

  it('an access token is refused, and taken within', async () => {
    const authorization = `Bearer ${await token()}`;
    assert.equal(outcomeOf(await scene.ask(OUTSIDE, 'GET /v2/', { authorization })), '403');
    assert.equal(outcomeOf(await scene.ask(INSIDE, 'GET /v2/', { authorization })), '200');
  });

  it('a refresh token is refused, and exchanged within', async () => {
    const form = (address: Client): Promise<string> => {
      const body = `grant_type=password&username=myregistry&password=${scene.seawall.admin('myregistry').password}&service=myregistry.azurecr.localhost&scope=repository:hello-world:pull`;
      const socket = scene.open(address);
      const answer = untilEnded(socket);
      socket.write(
        `POST /oauth2/token HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
      return answer;
    };
    assert.equal(outcomeOf(await form(OUTSIDE)), '403');
    assert.equal(outcomeOf(await form(INSIDE)), '200');
  });

  it('the password of a token of the registry is refused, and taken within (as at GitLab #363827, whose deploy tokens went by)', async () => {
    await scene.arm.must('PUT', `${scene.registry}/scopeMaps/pullonly`, {
      properties: { actions: ['repositories/hello-world/content/read'] },
    });
    await scene.arm.must('PUT', `${scene.registry}/tokens/deploy`, {
      properties: { scopeMapId: `${scene.registry}/scopeMaps/pullonly`, status: 'enabled' },
    });
    const made = await scene.arm.must('POST', `${scene.registry}/generateCredentials`, {
      tokenId: `${scene.registry}/tokens/deploy`,
    });
    const [password] = made['passwords'] as { readonly value: string }[];
    const authorization = `Basic ${Buffer.from(`deploy:${password?.value ?? ''}`).toString('base64')}`;
    assert.equal(outcomeOf(await scene.ask(OUTSIDE, 'GET /v2/', { authorization })), '403');
    assert.equal(outcomeOf(await scene.ask(INSIDE, 'GET /v2/', { authorization })), '200');
  });

  it("a token of the management API's owner is refused, and exchanged within", async () => {
    const body = `grant_type=access_token&service=myregistry.azurecr.localhost&access_token=${await ownerToken(scene.seawall)}`;
    const exchange = (client: Client): Promise<string> => {
      const socket = scene.open(client);
      const answer = untilEnded(socket);
      socket.write(
        `POST /oauth2/exchange HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
      return answer;
    };
    assert.equal(outcomeOf(await exchange(OUTSIDE)), '403');
    assert.equal(outcomeOf(await exchange(INSIDE)), '200');
  });

  it('a link to a data endpoint is refused, and followed within (as at ECR, whose layers have another gate)', async () => {
    await scene.patch({ dataEndpointEnabled: true });
    const path = `/v2/hello-world/blobs/sha256:${'0'.repeat(64)}`;
    assert.equal(outcomeOf(await scene.ask(OUTSIDE, `GET ${path}`, { authorization: admin })), '403');
    const inside = await scene.ask(INSIDE, `GET ${path}`, { authorization: admin });
    assert.match(outcomeOf(inside), /^(?:307|404)$/);
    await scene.patch({ dataEndpointEnabled: false });
  });

  it('pulling without a name is refused, and possible within (as at GHCR, whose list leaves public reads out)', async () => {
    await scene.patch({ anonymousPullEnabled: true });
    const query = 'service=myregistry.azurecr.localhost&scope=repository:hello-world:pull';
    assert.equal(outcomeOf(await scene.ask(OUTSIDE, `GET /oauth2/token?${query}`)), '403');
    const answer = await scene.ask(INSIDE, `GET /oauth2/token?${query}`);
    assert.equal(outcomeOf(answer), '200');
    const authorization = `Bearer ${json(answer)['access_token'] ?? ''}`;
    assert.equal(outcomeOf(await scene.ask(OUTSIDE, 'GET /v2/hello-world/tags/list', { authorization })), '403');
    assert.equal(outcomeOf(await scene.ask(INSIDE, 'GET /v2/hello-world/tags/list', { authorization })), '404');
    await scene.patch({ anonymousPullEnabled: false });
  });

  it('the URL of an upload is refused, and taken within', async () => {
    const authorization = `Bearer ${await token()}`;
    const started = await scene.ask(INSIDE, 'POST /v2/hello-world/blobs/uploads/', {
      authorization,
      'content-length': '0',
    });
    const location = /^location: (.+)\r$/im.exec(started)?.[1] ?? '';
    const url = new URL(location, `https://${host}`);
    assert.equal(outcomeOf(await scene.ask(OUTSIDE, `GET ${url.pathname}${url.search}`, { authorization })), '403');
    assert.equal(outcomeOf(await scene.ask(INSIDE, `GET ${url.pathname}${url.search}`, { authorization })), '204');
  });

  it('a registry made again under its name knows no token of the one before, nor its rules', async () => {
    const authorization = `Bearer ${await token()}`;
    const found = await scene.arm.must('GET', scene.registry);
    await scene.arm.must('DELETE', scene.registry);
    assert.equal(outcomeOf(await scene.ask(INSIDE, 'GET /v2/', { authorization })), '421');
    await scene.arm.must('PUT', scene.registry, {
      location: found['location'],
      sku: { name: 'Premium' },
      properties: { adminUserEnabled: true },
    });
    assert.equal(outcomeOf(await scene.ask(INSIDE, 'GET /v2/', { authorization })), '401');
    assert.equal(outcomeOf(await scene.ask(OUTSIDE, 'GET /v2/')), '401');
  });
});
