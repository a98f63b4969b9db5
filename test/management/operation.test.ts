import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf, codeOf } from './arm.ts';

describe('the deletion of a resource group', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  before(async () => {
    seawall = await startSeawall();
    arm = await armOf(seawall);
  });
  after(() => seawall.close());

  const made = async (name: string): Promise<string> => {
    const group = `${arm.subscription}/resourceGroups/${name}`;
    await arm.must('PUT', group, { location: 'westeurope' });
    const network = `${group}/providers/Microsoft.Network/virtualNetworks/v`;
    const addressSpace = { addressPrefixes: ['10.0.0.0/16'] };
    await arm.must('PUT', network, { location: 'westeurope', properties: { addressSpace } });
    return group;
  };
  const follow = (url: string | readonly string[] | undefined): ReturnType<Arm['ask']> => {
    const { pathname, search } = new URL(String(url));
    return arm.ask('GET', pathname + search, undefined, { apiVersion: '' });
  };

  it('is answered when it is done, or at once with where to ask', async () => {
    const quick = await made('quick');
    assert.equal((await arm.ask('DELETE', quick)).status, 200);
    assert.equal((await arm.ask('GET', quick)).status, 404);
    const group = await made('polled');
    const begun = await arm.ask('DELETE', group, undefined, { headers: { prefer: 'respond-async' } });
    const { 'azure-asyncoperation': status, location, 'retry-after': pause } = begun.headers;
    assert.deepEqual([begun.status, pause], [202, '1'], begun.text);
    for (;;) {
      const told = await follow(status);
      assert.equal(told.status, 200, told.text);
      if (told.json()['status'] === 'Succeeded') break;
      assert.equal(told.json()['status'], 'InProgress');
      // Who is not told when to ask again waits for half a minute.
      assert.equal(told.headers['retry-after'], '1');
    }
    assert.equal((await follow(location)).status, 200);
    assert.equal((await arm.ask('GET', group)).status, 404);
  });

  it('is not begun where a lock forbids it, and an operation that is not there is not found', async () => {
    const group = await made('locked');
    const lock = `${group}/providers/Microsoft.Authorization/locks/keep`;
    await arm.must('PUT', lock, { properties: { level: 'CanNotDelete' } });
    const refused = await arm.ask('DELETE', group, undefined, { headers: { prefer: 'respond-async' } });
    assert.deepEqual([refused.status, codeOf(refused)], [409, 'ScopeLocked']);
    const { properties } = await arm.must('GET', group);
    assert.deepEqual(properties, { provisioningState: 'Succeeded' });
    const path = `${arm.subscription}/providers/Microsoft.Resources/locations/westeurope`;
    for (const word of ['operations', 'operationResults'])
      assert.equal((await arm.ask('GET', `${path}/${word}/00000000-0000-0000-0000-000000000000`)).status, 404);
  });
});
