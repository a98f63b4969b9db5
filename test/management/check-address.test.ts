import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf, codeOf } from './arm.ts';

it('an address of a network is free or not, and the next ones that are free are named', async () => {
  await using seawall = await startSeawall();
  const arm = await armOf(seawall);
  const group = `${arm.subscription}/resourceGroups/addresses`;
  const network = `${group}/providers/Microsoft.Network/virtualNetworks/v`;
  await arm.must('PUT', group, { location: 'westeurope' });
  const subnets = [{ name: 's', properties: { addressPrefix: '10.0.0.0/29' } }];
  const addressSpace = { addressPrefixes: ['10.0.0.0/16'] };
  await arm.must('PUT', network, { location: 'westeurope', properties: { addressSpace, subnets } });
  const ask = (address: string) => arm.ask('GET', `${network}/CheckIPAddressAvailability?ipAddress=${address}`);
  assert.deepEqual((await ask('10.0.0.4')).json(), { available: true });
  const ipConfigurations = [{ name: 'c', properties: { subnet: { id: `${network}/subnets/s` } } }];
  const nic = `${group}/providers/Microsoft.Network/networkInterfaces/i`;
  await arm.must('PUT', nic, { location: 'westeurope', properties: { ipConfigurations } });
  // The one that was given, one that Azure keeps, and one of no subnet; a /29 has three to give.
  for (const taken of ['10.0.0.4', '10.0.0.1', '10.0.9.9'])
    assert.deepEqual((await ask(taken)).json(), {
      available: false,
      availableIPAddresses: ['10.0.0.5', '10.0.0.6'],
    });
  const wrong = await ask('10.0.0');
  assert.deepEqual([wrong.status, codeOf(wrong)], [400, 'InvalidRequestFormat']);
  assert.match(wrong.text, /'10\.0\.0' of 'ipAddress'/);
});
