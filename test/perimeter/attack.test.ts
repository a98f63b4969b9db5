import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { failing, filled } from '../../src/attack/attempt.ts';
import { ATTACKS, type Attempt } from '../../src/attack/table.ts';
import { untilEnded } from '../hostile/raw.ts';
import { type Client, type PerimeterScene, perimeterScene } from './scene.ts';
import { basicOf } from '../../src/testkit/login.ts';

/** A client of the admitted subnet, and one of the internet. */
const INSIDE: Client = { address: '10.0.0.4', in: 'a' };
const OUTSIDE: Client = { address: '203.0.113.9' };

/** Today's service lets a client without credentials see its challenge: every attack of the table has some, and is refused alike. */
for (const denial of ['article', 'current'])
  describe(`attacks on network rules, refused as in ${denial}`, () => attacks(denial));

function attacks(denial: string): void {
  let scene: PerimeterScene;
  let host: string;
  let admin: string;
  before(async () => {
    scene = await perimeterScene({ denial });
    host = scene.seawall.host('myregistry');
    admin = basicOf(scene.seawall.admin('myregistry'));
    await scene.patch({
      networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules: [{ id: scene.subnet('a', 'on') }], ipRules: [] },
    });
  });
  after(() => scene[Symbol.asyncDispose]());

  const fill = (text: string): string => filled(text, { host, authorization: admin });
  /** Tries one as this client; without a PROXY header of the scene's proxy where it brings its own. */
  const tried = (attempt: Attempt, client: Client): Promise<string> => {
    const socket = attempt.before === undefined ? scene.open(client) : unlisted();
    const answer = untilEnded(socket);
    if (attempt.before !== undefined) socket.write(attempt.before);
    socket.end(Buffer.from(fill(attempt.text), 'latin1'));
    return answer;
  };
  const unlisted = (): Socket => {
    const socket = connect({ port: scene.seawall.listenPort, host: '127.0.0.1', localAddress: '127.0.0.8' });
    socket.on('error', () => undefined);
    return socket;
  };

  for (const [group, attacks] of Map.groupBy(ATTACKS, (one) => one.group))
    describe(group, () => {
      for (const { name, outside, inside } of attacks)
        it(`${name} lets nobody in, and its twin within the subnet is answered`, async () => {
          assert.equal(failing(await tried(outside, OUTSIDE), outside.expect), undefined);
          assert.equal(failing(await tried(inside, INSIDE), inside.expect), undefined);
        });
    });
}
