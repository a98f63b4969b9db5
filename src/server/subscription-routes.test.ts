import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askControl, ownerToken } from '../testkit/control-client.ts';
import { startSeawall } from '../testkit/start-seawall.ts';

describe('the list of subscriptions', () => {
  it('shows its one subscription to who has logged in, and nothing to who has not', async () => {
    await using seawall = await startSeawall();
    const headers = { authorization: `Bearer ${await ownerToken(seawall)}` };
    const listed = await askControl(seawall, 'GET', '/subscriptions?api-version=2019-11-01', { headers });
    const { subscriptionId, tenantId } = seawall.state;
    const id = `/subscriptions/${subscriptionId}`;
    const subscription = { id, subscriptionId, tenantId, displayName: 'Seawall', state: 'Enabled' };
    assert.deepEqual(listed.json(), { value: [subscription] });
    assert.equal((await askControl(seawall, 'GET', '/subscriptions?api-version=2019-11-01')).status, 401);
  });

  it('has the tenant beside it', async () => {
    await using seawall = await startSeawall();
    const headers = { authorization: `Bearer ${await ownerToken(seawall)}` };
    const listed = await askControl(seawall, 'GET', '/tenants?api-version=2019-11-01', { headers });
    assert.match(listed.text, new RegExp(seawall.state.tenantId));
    assert.equal((await askControl(seawall, 'GET', '/tenants?api-version=2019-11-01')).status, 401);
  });
});
