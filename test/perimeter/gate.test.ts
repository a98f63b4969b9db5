import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { askControl, ownerToken } from '../../src/testkit/control-client.ts';
import { untilEnded, untilSent } from '../hostile/raw.ts';
import { type Client, type PerimeterScene, perimeterScene } from './scene.ts';
import { basicOf } from '../../src/testkit/login.ts';

const INTERNET: Client = { address: '203.0.113.9' };
const ON: Client = { address: '10.0.0.4', in: 'a' };
const OTHER: Client = { address: '10.0.0.4', in: 'b' };
const OFF: Client = { address: '10.0.1.4', in: 'a' };

const statusOf = (answer: string): string => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? `none: ${answer}`;
const reasonOf = (answer: string): string | undefined => /^x-seawall-reason: (.+)\r$/im.exec(answer)?.[1];

describe('a registry that admits one subnet', () => {
  let scene: PerimeterScene;
  let admin: Readonly<Record<string, string>>;
  before(async () => {
    scene = await perimeterScene();
    admin = { authorization: basicOf(scene.seawall.admin('myregistry')) };
    await scene.patch({
      networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules: [{ id: scene.subnet('a', 'on') }], ipRules: [] },
    });
  });
  after(() => scene[Symbol.asyncDispose]());

  it('lets that subnet in, and refuses the same address of another network', async () => {
    assert.equal(statusOf(await scene.ask(ON, 'GET /v2/', admin)), '200');
    const answer = await scene.ask(OTHER, 'GET /v2/', admin);
    assert.deepEqual([statusOf(answer), reasonOf(answer)], ['403', 'default-deny']);
  });

  it("answers with Azure's words, the address, the reason, the generation and an id found in the log", async () => {
    const answer = await scene.ask(INTERNET, 'GET /v2/');
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    assert.equal(
      body,
      String.raw`{"errors":[{"code":"DENIED","message":"client with IP \u0027203.0.113.9\u0027 is not allowed access. Refer https://aka.ms/acr/firewall to grant access."}]}`,
    );
    assert.match(answer, /x-seawall-generation: \d+\.\d+/);
    assert.match(answer, /x-ms-correlation-request-id: [0-9a-f-]{36}/);
  });

  const paths = [
    'GET /v2/',
    'HEAD /v2/hello-world/manifests/v1',
    'GET /v2/_catalog',
    'POST /v2/hello-world/blobs/uploads/',
    'GET /v1/_ping',
    'GET /oauth2/token?service=myregistry&scope=repository:hello-world:pull',
    'POST /oauth2/exchange',
    'GET /acr/v1/_catalog',
    'GET /nothing/of/this/kind',
    'OPTIONS *',
  ];
  for (const path of paths)
    it(`refuses ${path} before it asks who it is, and lets the subnet through to that`, async () => {
      assert.equal(
        statusOf(await scene.ask(INTERNET, path, { ...admin, 'content-length': '0' })),
        path === 'OPTIONS *' ? '400' : '403',
      );
      assert.notEqual(statusOf(await scene.ask(ON, path, { ...admin, 'content-length': '0' })), '403');
    });

  it('refuses a subnet without service endpoint by the address that its network goes out by', async () => {
    const answer = await scene.ask(OFF, 'GET /v2/');
    assert.match(answer, /198\.18\.99\.1/);
    await scene.patch({ networkRuleSet: { ipRules: [{ value: '198.18.99.1' }] } });
    assert.equal(statusOf(await scene.ask(OFF, 'GET /v2/', admin)), '200');
    await scene.patch({ networkRuleSet: { ipRules: [] } });
    assert.equal(statusOf(await scene.ask(OFF, 'GET /v2/', admin)), '403');
  });

  it('refuses an address that lies in no subnet, and a name that the proxy is not listed for', async () => {
    assert.equal(reasonOf(await scene.ask({ address: '10.0.7.4', in: 'a' }, 'GET /v2/')), 'unattributed');
    assert.equal(await scene.ask({ address: '10.0.0.4', in: 'c' }, 'GET /v2/'), '');
    assert.equal(await scene.ask({ address: '10.0.0.4', in: 'A' }, 'GET /v2/'), '');
  });

  it('tells a client that asks why it was let in', async () => {
    const answer = await scene.ask(ON, 'GET /v2/', { ...admin, 'x-seawall-explain': '1' });
    assert.equal(reasonOf(answer), 'subnet-rule');
    assert.match(answer, /x-seawall-address: 10\.0\.0\.4/);
    assert.equal(reasonOf(await scene.ask(ON, 'GET /v2/', admin)), undefined);
  });

  it('cuts a connection that was kept open when its rule goes, and serves it while the rule is there', async () => {
    const host = scene.seawall.host('myregistry');
    const socket = scene.open(ON);
    const request = `GET /v2/ HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${admin['authorization']}\r\n\r\n`;
    socket.write(request);
    await untilSent(socket, /^HTTP\/1\.1 200[^]*\r\n\r\n/);
    await scene.patch({ networkRuleSet: { virtualNetworkRules: [] } });
    const second = untilSent(socket, /HTTP\/1\.1 403/);
    socket.write(request);
    await second;
    socket.destroy();
    await scene.patch({ networkRuleSet: { virtualNetworkRules: [{ id: scene.subnet('a', 'on') }] } });
  });

  it('cuts an upload under way before the change is answered', async () => {
    const host = scene.seawall.host('myregistry');
    const started = await scene.ask(ON, 'POST /v2/hello-world/blobs/uploads/', { ...admin, 'content-length': '0' });
    const location = /^location: (.+)\r$/im.exec(started)?.[1] ?? '';
    const socket = scene.open(ON);
    const head = `PATCH ${new URL(location, `https://${host}`).pathname} HTTP/1.1\r\nhost: ${host}\r\n`;
    const expect = `authorization: ${admin['authorization']}\r\nexpect: 100-continue\r\ncontent-length: 1000000\r\n\r\n`;
    const going = untilSent(socket, /100 Continue/);
    socket.write(`${head}${expect}`);
    await going;
    const ended = untilEnded(socket);
    await scene.patch({ networkRuleSet: { virtualNetworkRules: [] } });
    assert.doesNotMatch(await ended, /HTTP\/1\.1 20\d/);
    await scene.patch({ networkRuleSet: { virtualNetworkRules: [{ id: scene.subnet('a', 'on') }] } });
  });

  it('cuts open connections when the service endpoint of their subnet is switched off', async () => {
    const socket = scene.open(ON);
    const first = untilSent(socket, /^HTTP\/1\.1 200[^]*\r\n\r\n/);
    socket.write(
      `GET /v2/ HTTP/1.1\r\nhost: ${scene.seawall.host('myregistry')}\r\nauthorization: ${admin['authorization']}\r\n\r\n`,
    );
    await first;
    const ended = untilEnded(socket);
    await scene.endpoint('a', 'on', false);
    await ended;
    const answer = await scene.ask(ON, 'GET /v2/', admin);
    assert.deepEqual([statusOf(answer), reasonOf(answer)], ['403', 'default-deny']);
    await scene.endpoint('a', 'on', true);
    assert.equal(statusOf(await scene.ask(ON, 'GET /v2/', admin)), '200');
  });

  it('does not know a subnet that was made again under the name of its rule', async () => {
    await scene.arm.must('DELETE', scene.subnet('a', 'on'));
    assert.equal(reasonOf(await scene.ask(ON, 'GET /v2/', admin)), 'unattributed');
    await scene.endpoint('a', 'on', true);
    assert.equal(reasonOf(await scene.ask(ON, 'GET /v2/', admin)), 'default-deny');
    await scene.patch({ networkRuleSet: { virtualNetworkRules: [] } });
    await scene.patch({ networkRuleSet: { virtualNetworkRules: [{ id: scene.subnet('a', 'on') }] } });
    assert.equal(statusOf(await scene.ask(ON, 'GET /v2/', admin)), '200');
  });

  it('refuses its subnet too while public access is disabled', async () => {
    await scene.patch({ publicNetworkAccess: 'Disabled' });
    assert.equal(reasonOf(await scene.ask(ON, 'GET /v2/', admin)), 'public-access-disabled');
    await scene.patch({ publicNetworkAccess: 'Enabled' });
    assert.equal(statusOf(await scene.ask(ON, 'GET /v2/', admin)), '200');
  });

  it('lets no trusted service in while it names subnets, and does when it names none', async () => {
    const service: Client = { address: '198.18.5.5', in: 'trusted' };
    assert.equal(reasonOf(await scene.ask(service, 'GET /v2/', admin)), 'bypass-void');
    await scene.patch({ networkRuleSet: { virtualNetworkRules: [] } });
    assert.equal(statusOf(await scene.ask(service, 'GET /v2/', admin)), '200');
    await scene.patch({ networkRuleBypassOptions: 'None' });
    assert.equal(reasonOf(await scene.ask(service, 'GET /v2/', admin)), 'bypass-off');
    await scene.patch({ networkRuleBypassOptions: 'AzureServices' });
    await scene.patch({ networkRuleSet: { virtualNetworkRules: [{ id: scene.subnet('a', 'on') }] } });
  });

  it('keeps whom it refused, newest first, and says so to the owner alone', async () => {
    await scene.ask({ address: '203.0.113.77' }, 'GET /v2/', { 'user-agent': 'curl/8' });
    const token = await ownerToken(scene.seawall);
    const path = '/seawall/denials?address=203.0.113.77';
    const answer = await askControl(scene.seawall, 'GET', path, { headers: { authorization: `Bearer ${token}` } });
    const { value } = answer.json() as { readonly value: readonly Readonly<Record<string, unknown>>[] };
    const { registry, reason, userAgent, method } = value[0] ?? {};
    assert.deepEqual(
      { registry, reason, userAgent, method, length: value.length },
      {
        registry: 'myregistry',
        reason: 'default-deny',
        userAgent: 'curl/8',
        method: 'GET',
        length: 1,
      },
    );
    assert.equal((await askControl(scene.seawall, 'GET', path, {})).status, 401);
  });

  it('explains what would happen, now and by a change that is proposed', async () => {
    const token = await ownerToken(scene.seawall);
    const ask = async (body: object): Promise<Readonly<Record<string, unknown>>> => {
      const answer = await askControl(scene.seawall, 'POST', '/seawall/explain', {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ registry: 'myregistry', ...body }),
      });
      return answer.json();
    };
    const now = await ask({ from: '203.0.113.9' });
    assert.deepEqual(now['verdict'], { kind: 'refused', reason: 'default-deny' });
    assert.deepEqual(now['mend'], ['az acr network-rule add --name myregistry --ip-address 203.0.113.9']);
    const then = await ask({
      from: '203.0.113.9',
      proposed: { networkRuleSet: { ipRules: [{ value: '203.0.113.0/24' }] } },
    });
    assert.deepEqual(then['verdict'], { kind: 'allowed', reason: 'ip-rule', rule: '203.0.113.0/24' });
    const subnet = await ask({ from: scene.subnet('a', 'on') });
    assert.deepEqual(subnet['verdict'], { kind: 'allowed', reason: 'subnet-rule', rule: scene.subnet('a', 'on') });
    const subnetId = { id: scene.subnet('a', 'off') };
    await scene.arm.must('PUT', `${scene.group}/providers/Microsoft.Network/networkInterfaces/jump`, {
      location: 'westeurope',
      properties: { ipConfigurations: [{ name: 'one', properties: { subnet: subnetId } }] },
    });
    const host = await ask({ from: 'jump' });
    assert.deepEqual([host['address'], host['verdict']], ['198.18.99.1', { kind: 'refused', reason: 'default-deny' }]);
    assert.equal((await ask({ from: 'nowhere' }))['verdict'], undefined);
  });
});

describe("a registry that answers as today's service", () => {
  it('challenges whom it refuses, and refuses at the token service and with any token', async () => {
    await using scene = await perimeterScene({ denial: 'current' });
    await scene.patch({ networkRuleSet: { defaultAction: 'Deny', ipRules: [{ value: '203.0.113.10' }] } });
    const inside: Client = { address: '203.0.113.10' };
    assert.equal(statusOf(await scene.ask(INTERNET, 'GET /v2/')), '401');
    assert.equal(statusOf(await scene.ask(INTERNET, 'GET /oauth2/token?service=myregistry')), '403');
    assert.equal(statusOf(await scene.ask(INTERNET, 'GET /v2/', { authorization: 'Bearer x' })), '403');
    assert.equal(statusOf(await scene.ask(inside, 'GET /v2/', { authorization: 'Bearer x' })), '401');
  });
});

describe('a private endpoint', () => {
  it('leads to its own registry, while it is approved, whatever else is off', async () => {
    await using scene = await perimeterScene();
    const { arm, group, registry } = scene;
    const through: Client = { address: '10.0.1.4', in: 'pe' };
    await arm.must('PUT', `${group}/providers/Microsoft.Network/privateEndpoints/pe`, {
      location: 'westeurope',
      properties: {
        subnet: { id: scene.subnet('a', 'off') },
        privateLinkServiceConnections: [
          { name: 'one', properties: { privateLinkServiceId: registry, groupIds: ['registry'] } },
        ],
      },
    });
    await scene.patch({ publicNetworkAccess: 'Disabled' });
    assert.equal(statusOf(await scene.ask(through, 'GET /v2/')), '401');
    assert.equal(reasonOf(await scene.ask(INTERNET, 'GET /v2/')), 'public-access-disabled');
    const another = { host: scene.seawall.host('another') };
    assert.equal(reasonOf(await scene.ask(through, 'GET /v2/', another)), 'endpoint-of-another-registry');
    const listed = await arm.must('GET', `${registry}/privateEndpointConnections`);
    const [connection] = (listed as { readonly value: readonly { readonly id: string }[] }).value;
    const state = { properties: { privateLinkServiceConnectionState: { status: 'Rejected', description: 'no' } } };
    await arm.must('PUT', connection?.id ?? '', state);
    assert.equal(reasonOf(await scene.ask(through, 'GET /v2/')), 'endpoint-not-approved');
  });
});

describe('a propagation delay', () => {
  it('lets a change act later, and the answer to it wait for nothing', async () => {
    await using scene = await perimeterScene({ propagationDelayMs: '600' });
    await scene.patch({ networkRuleSet: { defaultAction: 'Deny' } });
    assert.equal(statusOf(await scene.ask(INTERNET, 'GET /v2/')), '401');
    const until = performance.now() + 10_000;
    while (statusOf(await scene.ask(INTERNET, 'GET /v2/')) !== '403') assert.ok(performance.now() < until);
  });
});
