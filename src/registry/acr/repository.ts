import { type Reply, accepted, okJson, refuse } from '../../http/reply.ts';
import type { RepositoryName } from '../../oci/reference.ts';
import { type Call, deletionOf, keyOf } from '../call.ts';
import { refuseLocked, refuseRepository } from '../refusal.ts';
import { readAttributes } from './attributes.ts';
import { repositoryJson } from './json.ts';

interface RepositoryParams {
  readonly name: RepositoryName;
}

/** GET /acr/v1/{name}. */
export async function getRepository({ name }: RepositoryParams, call: Call): Promise<Reply> {
  const record = await call.services.metadata.repository(keyOf(call, name));
  return record === undefined ? refuseRepository(name) : okJson(repositoryJson(call.registry.loginServer, record));
}

/** PATCH /acr/v1/{name}: changes the repository's locks. */
export async function patchRepository({ name }: RepositoryParams, call: Call): Promise<Reply> {
  const change = await readAttributes(call.incoming);
  if ('code' in change) return refuse(change);
  const outcome = await call.services.metadata.updateRepository(keyOf(call, name), change, call.nowMs);
  return outcome.kind === 'updated'
    ? okJson(repositoryJson(call.registry.loginServer, outcome.record))
    : refuseRepository(name);
}

/** DELETE /acr/v1/{name}: the repository with everything in it. */
export async function deleteRepository({ name }: RepositoryParams, call: Call): Promise<Reply> {
  const outcome = await call.services.metadata.deleteRepository(keyOf(call, name), call.nowMs, deletionOf(call));
  switch (outcome.kind) {
    case 'deleted':
      return accepted({}, { manifestsDeleted: outcome.manifests, tagsDeleted: outcome.tags });
    case 'locked':
      return refuseLocked(outcome);
    case 'manifest-unknown':
    case 'repository-unknown':
      return refuseRepository(name);
  }
}
