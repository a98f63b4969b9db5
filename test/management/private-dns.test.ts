import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf, codeOf } from './arm.ts';

it('the records of a private zone are listed by their kind, and all at once', async () => {
  await using seawall = await startSeawall();
  const arm = await armOf(seawall);
  const group = `${arm.subscription}/resourceGroups/names`;
  const zone = `${group}/providers/Microsoft.Network/privateDnsZones/z.test`;
  await arm.must('PUT', group, { location: 'westeurope' });
  const version = { apiVersion: '2020-06-01' };
  await arm.must('PUT', zone, { location: 'global' }, version);
  const put = (path: string, properties: object) => arm.ask('PUT', `${zone}/${path}`, { properties }, version);
  assert.equal((await put('A/own', { ttl: 60, aRecords: [{ ipv4Address: '10.0.0.9' }] })).status, 201);
  assert.equal((await put('TXT/said', { ttl: 60, txtRecords: [{ value: ['hello'] }] })).status, 201);
  const wrong = await put('A/wrong', { ttl: 60, aRecords: [{ ipv4Address: '010.0.0.9' }] });
  assert.deepEqual([wrong.status, codeOf(wrong)], [400, 'InvalidRequestContent']);
  assert.match(wrong.text, /010\.0\.0\.9.*properties\.aRecords/);
  const namesOf = async (path: string): Promise<unknown> => {
    const { value } = await arm.must('GET', `${zone}/${path}`, undefined, version);
    return (value as readonly { readonly name: string; readonly type: string }[]).map(({ name, type }) => [name, type]);
  };
  const [a, txt] = [
    ['own', 'Microsoft.Network/privateDnsZones/A'],
    ['said', 'Microsoft.Network/privateDnsZones/TXT'],
  ];
  assert.deepEqual([await namesOf('A'), await namesOf('TXT'), await namesOf('ALL')], [[a], [txt], [a, txt]]);
});
