import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf, codeOf } from './arm.ts';

describe('tags', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let group: string;
  let tags: string;
  before(async () => {
    seawall = await startSeawall();
    arm = await armOf(seawall);
    group = `${arm.subscription}/resourceGroups/tagged`;
    tags = `${group}/providers/Microsoft.Resources/tags/default`;
    await arm.must('PUT', group, { location: 'westeurope', tags: { team: 'sea', cost: '1' } });
  });
  after(() => seawall.close());

  const tagsOf = async (): Promise<unknown> => (await arm.must('GET', group))['tags'];
  const patch = (operation: string, given: object): ReturnType<Arm['ask']> =>
    arm.ask('PATCH', tags, { operation, properties: { tags: given } });

  it('of anything are merged, replaced and taken away by themselves', async () => {
    await patch('Merge', { cost: '2', owner: 'me' });
    assert.deepEqual(await tagsOf(), { team: 'sea', cost: '2', owner: 'me' });
    await patch('Delete', { cost: '2', owner: 'somebody else' });
    assert.deepEqual(await tagsOf(), { team: 'sea', owner: 'me' });
    await arm.must('PUT', tags, { properties: { tags: { only: 'this' } } });
    const { properties } = await arm.must('GET', tags);
    assert.deepEqual(properties, { tags: { only: 'this' } });
    assert.equal((await arm.ask('DELETE', tags)).status, 200);
    assert.deepEqual(await tagsOf(), {});
  });

  it('are neither set by an unknown operation, nor with a name that tags cannot have, nor on what is locked', async () => {
    assert.equal(codeOf(await patch('Add', { a: 'b' })), 'InvalidRequestContent');
    assert.equal(codeOf(await patch('Merge', { 'a/b': 'c' })), 'InvalidTag');
    const lock = `${group}/providers/Microsoft.Authorization/locks/still`;
    await arm.must('PUT', lock, { properties: { level: 'ReadOnly' } });
    assert.equal(codeOf(await patch('Merge', { a: 'b' })), 'ScopeLocked');
    await arm.must('DELETE', lock);
    assert.equal((await patch('Merge', { a: 'b' })).status, 200);
  });

  it('are listed with how often they are used, and names made beforehand with them', async () => {
    const names = `${arm.subscription}/tagNames`;
    await arm.must('PUT', `${names}/stage`);
    await arm.must('PUT', `${names}/stage/tagValues/test`);
    await patch('Replace', { stage: 'live' });
    const { value } = (await arm.must('GET', names)) as {
      readonly value: readonly {
        readonly tagName: string;
        readonly values: readonly { readonly tagValue: string; readonly count: { readonly value: number } }[];
      }[];
    };
    const stage = value.find(({ tagName }) => tagName === 'stage');
    assert.deepEqual(
      stage?.values.map(({ tagValue, count }) => [tagValue, count.value]),
      [
        ['test', 0],
        ['live', 1],
      ],
    );
    assert.equal(codeOf(await arm.ask('DELETE', `${names}/stage/tagValues/live`)), 'TagInUse');
    assert.equal((await arm.ask('DELETE', `${names}/stage/tagValues/test`)).status < 300, true);
  });
});
