import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Database } from '../../sqlite/database.ts';
import { prepareDatabase } from '../../sqlite/migrate.ts';
import { CONTENT_SCHEMA } from '../schema.ts';
import { LINKS } from './collect.ts';
import { LIST_UNNEEDED } from './delete.ts';
import { listManifestsSql } from './manifest.ts';
import { listReferrersSql } from './referrer.ts';
import { LIST_REPOSITORIES } from './repository.ts';
import { listTagsSql } from './tag.ts';

const QUERIES: readonly (readonly [name: string, sql: string, outermost: RegExp])[] = [
  ['repositories', LIST_REPOSITORIES, /SEARCH repository USING .*repository_listed \(registry=\? AND name>\?\)/],
  ['tags by name', listTagsSql('name', false), /SEARCH tag USING .*tag_listed \(repository=\? AND name>\?\)/],
  ['tags, oldest first', listTagsSql('timeasc', false), /SEARCH tag USING .*tag_by_time \(repository=\? AND .*>/],
  ['tags, newest first', listTagsSql('timedesc', false), /SEARCH tag USING .*tag_by_time \(repository=\? AND .*</],
  ['tags of a manifest', listTagsSql('name', true), /SEARCH tag USING .*tag_of_manifest \(manifest=\? AND name>\?\)/],
  [
    'manifests by digest',
    listManifestsSql('name'),
    /SEARCH manifest USING .*manifest_listed \(repository=\? AND digest>/,
  ],
  ['manifests, oldest first', listManifestsSql('timeasc'), /manifest_by_time \(repository=\? AND .*>/],
  ['manifests, newest first', listManifestsSql('timedesc'), /manifest_by_time \(repository=\? AND .*</],
  ['referrers', listReferrersSql(false), /manifest_of_subject \(repository=\? AND subject=\? AND digest>\?\)/],
  [
    'referrers of a type',
    listReferrersSql(true),
    /manifest_of_subject_and_type \(repository=\? AND subject=\? AND artifact_type=\? AND digest>\?\)/,
  ],
  ['links, for the collection', LINKS, /SEARCH link USING PRIMARY KEY \(\(repository,blob\)>/],
  ['unneeded manifests', LIST_UNNEEDED, /manifest_by_time \(repository=\? AND updated_ms>\? AND updated_ms<\?\)/],
];

/** The steps of a query's plan, without those of the list of tags that each manifest of a page has. */
async function planOf(sql: string): Promise<string[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-plan-'));
  const path = join(folder.path, 'content.db');
  prepareDatabase(path, CONTENT_SCHEMA);
  using database = new Database(path, 'read');
  const steps = database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
  return steps.map((step) => step.detail);
}

describe('a page', () => {
  for (const [name, sql, outermost] of QUERIES)
    it(`of ${name} starts where it should and reads no more than it shows`, async () => {
      const plan = await planOf(sql);
      assert.match(plan[0] ?? '', outermost, plan.join('\n'));
      assert.ok(
        !plan.some((step) => /SCAN (tag|manifest|repository|link|blob|reference|upload)/.test(step)),
        plan.join('\n'),
      );
      assert.ok(!plan.some((step) => /TEMP B-TREE FOR ORDER BY/.test(step)), plan.join('\n'));
    });
});
