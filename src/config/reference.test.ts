import { describe, it } from 'node:test';
import { join } from 'node:path';
import { renderReference } from './reference.ts';

describe('the reference of settings', () => {
  it('is docs/configuration.md (when it changed on purpose: run this file with --test-update-snapshots)', (t) => {
    const path = join(import.meta.dirname, '../../docs/configuration.md');
    t.assert.fileSnapshot(renderReference(), path, { serializers: [String] });
  });
});
