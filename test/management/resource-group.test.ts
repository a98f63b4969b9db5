import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf, codeOf } from './arm.ts';

describe('a resource group', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  before(async () => {
    seawall = await startSeawall();
    arm = await armOf(seawall);
  });
  after(() => seawall.close());

  const group = (name: string): string => `${arm.subscription}/resourcegroups/${name}`;

  it('is made, found however it is spelled, listed and removed', async () => {
    const made = await arm.ask('PUT', group('Made'), { location: 'West Europe', tags: { a: 'b' } });
    assert.equal(made.status, 201);
    const { id, name, type, location, tags } = made.json();
    assert.deepEqual(
      [name, type, location, tags],
      ['Made', 'Microsoft.Resources/resourceGroups', 'westeurope', { a: 'b' }],
    );
    assert.equal((await arm.ask('PUT', group('made'), { location: 'westeurope' })).status, 200);
    const found = await arm.must('GET', group('MADE'));
    assert.deepEqual([found['id'], found['tags']], [id, {}]);
    assert.equal((await arm.ask('HEAD', group('made'))).status, 204);
    assert.equal((await arm.ask('DELETE', group('made'))).status, 200);
    assert.equal((await arm.ask('HEAD', group('made'))).status, 404);
    assert.equal(codeOf(await arm.ask('GET', group('made'))), 'ResourceGroupNotFound');
  });

  it('does not move to another region', async () => {
    await arm.must('PUT', group('fixed'), { location: 'westeurope' });
    const moved = await arm.ask('PUT', group('fixed'), { location: 'northeurope' });
    assert.deepEqual([moved.status, codeOf(moved)], [409, 'InvalidResourceLocation']);
  });

  it('is changed only by who saw its newest state', async () => {
    await arm.must('PUT', group('raced'), { location: 'westeurope' });
    const { etag = '' } = (await arm.ask('GET', group('raced'))).headers;
    const write = (): ReturnType<Arm['ask']> =>
      arm.ask('PUT', group('raced'), { location: 'westeurope', tags: { n: '1' } }, { headers: { 'if-match': etag } });
    const statuses = (await Promise.all([write(), write()])).map(({ status }) => status);
    assert.deepEqual(
      statuses.toSorted((a, b) => a - b),
      [200, 412],
    );
  });

  it('that is locked is not removed, until the lock is', async () => {
    await arm.must('PUT', group('kept'), { location: 'westeurope' });
    const lock = `${group('kept')}/providers/Microsoft.Authorization/locks/keep`;
    await arm.must('PUT', lock, { properties: { level: 'CanNotDelete' } });
    assert.equal(codeOf(await arm.ask('DELETE', group('kept'))), 'ScopeLocked');
    assert.equal((await arm.ask('DELETE', lock)).status, 200);
    assert.equal((await arm.ask('DELETE', group('kept'))).status, 200);
  });

  it('is listed a page at a time', async () => {
    for (const name of ['page1', 'page2', 'page3']) await arm.must('PUT', group(name), { location: 'westeurope' });
    const seen: unknown[] = [];
    let path: string | undefined = `${arm.subscription}/resourcegroups?$top=2`;
    while (path !== undefined) {
      const page = await arm.must('GET', path, undefined, path.includes('api-version') ? { apiVersion: '' } : {});
      const { value, nextLink } = page;
      assert.ok(Array.isArray(value) && value.length <= 2);
      seen.push(...value.map(({ name }) => name));
      const next = typeof nextLink === 'string' ? new URL(nextLink) : undefined;
      path = next === undefined ? undefined : next.pathname + next.search;
    }
    const pages = seen.filter((name) => String(name).startsWith('page'));
    assert.deepEqual(pages, ['page1', 'page2', 'page3']);
  });

  const WRONG: readonly (readonly [string, unknown, string])[] = [
    ['malformed JSON', '{"location":', 'InvalidRequestContent'],
    ['a body that is no object', '[]', 'InvalidRequestContent'],
    ['no location', {}, 'LocationRequired'],
    ['a location that is no text', { location: 7 }, 'InvalidRequestContent'],
    ['an unknown member', { location: 'westeurope', colour: 'red' }, 'InvalidRequestContent'],
    ['an unknown property', { location: 'westeurope', properties: { colour: 'red' } }, 'InvalidRequestContent'],
    ['a tag that is no text', { location: 'westeurope', tags: { a: 1 } }, 'InvalidTag'],
  ];
  for (const [name, body, code] of WRONG)
    it(`with ${name} is refused, and nothing is made`, async () => {
      const refused = await arm.ask('PUT', group('wrong'), body);
      assert.deepEqual([refused.status, codeOf(refused)], [400, code], refused.text);
      assert.equal((await arm.ask('HEAD', group('wrong'))).status, 404);
    });

  it('of an api-version, type or namespace that is not there is refused by name', async () => {
    await arm.must('PUT', group('named'), { location: 'westeurope' });
    const of = async (path: string, apiVersion: string): Promise<unknown> =>
      codeOf(await arm.ask('PUT', path, { location: 'westeurope' }, { apiVersion }));
    assert.equal(await of(group('named'), ''), 'MissingApiVersionParameter');
    assert.equal(await of(group('named'), 'yesterday'), 'NoRegisteredProviderFound');
    assert.equal(
      await of(`${group('named')}/providers/Microsoft.Nowhere/things/t`, '2020-01-01'),
      'InvalidResourceNamespace',
    );
    assert.equal(
      await of(`${group('named')}/providers/Microsoft.Resources/things/t`, '2020-01-01'),
      'InvalidResourceType',
    );
    assert.equal(
      await of('/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g', '2021-04-01'),
      'AuthorizationFailed',
    );
  });

  it('is nothing to who is not signed in', async () => {
    const stranger = await armOf(seawall, 'forged.token.here');
    const refused = await stranger.ask('GET', group('named'));
    assert.deepEqual([refused.status, codeOf(refused)], [401, 'AuthenticationFailed']);
  });

  it('is among the operations of its provider, and no provider that is not there has any', async () => {
    const { value } = await arm.must('GET', '/providers/Microsoft.ContainerRegistry/operations');
    assert.match(JSON.stringify(value), /"Microsoft.ContainerRegistry\/registries\/write"/);
    const shown = await arm.must('GET', '/providers/Microsoft.Authorization/providerOperations/Microsoft.Resources');
    assert.match(JSON.stringify(shown), /"Microsoft.Resources\/resourceGroups\/delete"/);
    const unknown = await arm.ask('GET', '/providers/Microsoft.Nothing/operations');
    assert.deepEqual([unknown.status, codeOf(unknown)], [404, 'InvalidResourceNamespace']);
  });
});
