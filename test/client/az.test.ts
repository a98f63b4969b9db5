import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Command, type Ended, run, whereIs } from './process.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const skip = whereIs('az') === undefined ? 'az not installed' : false;

/** Makes az ready, as `seawall env` does it for a person. */
async function environment(seawall: TestSeawall): Promise<Readonly<Record<string, string>>> {
  const ended = await run([process.execPath, MAIN, 'env', '--json', '--data', seawall.dataDir]);
  assert.equal(ended.code, 0, ended.stderr);
  return JSON.parse(ended.stdout) as Record<string, string>;
}

/** The JSON that a command of az prints; it must succeed. */
function jsonOf({ code, stdout, stderr }: Ended): unknown {
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

describe('az', { skip }, () => {
  it('is logged in after "seawall env", and again after it ran a second time', async () => {
    await using seawall = await startSeawall();
    for (let time = 1; time <= 2; time += 1) {
      const env = await environment(seawall);
      const { tenantId, subscriptionId } = seawall.state;
      const account = jsonOf(
        await run(['az', 'account', 'show', '--query', '[id, tenantId, environmentName]'], { env }),
      );
      assert.deepEqual(account, [subscriptionId, tenantId, 'seawall']);
    }
  });

  it('gets a token for the management API, and none for what is not here', async () => {
    await using seawall = await startSeawall();
    const env = await environment(seawall);
    const get: Command = ['az', 'account', 'get-access-token', '--query', 'tokenType'];
    assert.equal(jsonOf(await run(get, { env })), 'Bearer');
    const refused = await run([...get, '--resource', `${seawall.control}/nowhere`], { env });
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /AADSTS500011/);
  });

  it('is refused with a secret that is not the right one', async () => {
    await using seawall = await startSeawall();
    const env = await environment(seawall);
    const { clientId } = seawall.state;
    const login: Command = ['az', 'login', '--service-principal', '-u', clientId, '-p', 'wrong', '--tenant', 'adfs'];
    const refused = await run(login, { env });
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /AADSTS7000215/);
  });
});
