import type { RepositoryAction } from '../access/action.ts';
import { okJson } from '../http/reply.ts';
import { listDeletedManifests, listDeletedRepositories, listDeletedTags, restoreManifest } from './acr/deleted.ts';
import { getManifestRecord, listManifestRecords, patchManifest } from './acr/manifest.ts';
import { deleteRepository, getRepository, patchRepository } from './acr/repository.ts';
import { deleteTag, getTag, listTagRecords, patchTag } from './acr/tag.ts';
import { deleteBlob, getBlob, headBlob } from './blob.ts';
import { listRepositories } from './catalog.ts';
import { deleteManifest, getManifest, headManifest } from './manifest.ts';
import { putManifest } from './put-manifest.ts';
import { listReferrers } from './referrer.ts';
import { type Access, type Route, route } from './route.ts';
import { listTags } from './tag.ts';
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from './upload.ts';

const login: Access = { kind: 'login' };
const catalog: Access = { kind: 'catalog' };
const pull = needs('pull');
const push = needs('push');
const upload: Access = { kind: 'repository', anyOf: ['push'], source: 'from' };
const remove = needs('delete');
const list = needs('pull', 'metadata_read');
const readMetadata = needs('metadata_read');
const writeMetadata = needs('metadata_write');

function needs(...anyOf: [RepositoryAction, ...RepositoryAction[]]): Access {
  return { kind: 'repository', anyOf };
}

const ping = async () => okJson({});

/** Every route of a registry's data plane. A more particular path stands before a more general one. */
export const REGISTRY_ROUTES: readonly Route[] = [
  route('end-1', 'GET', '/v2/', { access: login, handle: ping }),
  route('end-1', 'HEAD', '/v2/', { access: login, handle: ping }),
  route('end-1', 'GET', '/v2', { access: login, handle: ping }),
  route('catalog', 'GET', '/v2/_catalog', { access: catalog, handle: listRepositories('/v2/_catalog') }),
  route('end-3', 'GET', '/v2/{name}/manifests/{reference}', { access: pull, handle: getManifest }),
  route('end-3', 'HEAD', '/v2/{name}/manifests/{reference}', { access: pull, handle: headManifest }),
  route('end-7', 'PUT', '/v2/{name}/manifests/{reference}', { access: push, handle: putManifest }),
  route('end-9', 'DELETE', '/v2/{name}/manifests/{reference}', { access: remove, handle: deleteManifest }),
  route('end-4', 'POST', '/v2/{name}/blobs/uploads/', { access: upload, handle: postUpload }),
  route('end-4', 'POST', '/v2/{name}/blobs/uploads', { access: upload, handle: postUpload }),
  route('end-13', 'GET', '/v2/{name}/blobs/uploads/{upload}', { access: push, handle: getUpload }),
  route('end-5', 'PATCH', '/v2/{name}/blobs/uploads/{upload}', { access: push, handle: patchUpload }),
  route('end-6', 'PUT', '/v2/{name}/blobs/uploads/{upload}', { access: push, handle: putUpload }),
  route('end-14', 'DELETE', '/v2/{name}/blobs/uploads/{upload}', { access: push, handle: deleteUpload }),
  route('end-2', 'GET', '/v2/{name}/blobs/{digest}', { access: pull, handle: getBlob }),
  route('end-2', 'HEAD', '/v2/{name}/blobs/{digest}', { access: pull, handle: headBlob }),
  route('end-10', 'DELETE', '/v2/{name}/blobs/{digest}', { access: remove, handle: deleteBlob }),
  route('end-8', 'GET', '/v2/{name}/tags/list', { access: list, handle: listTags }),
  route('end-12', 'GET', '/v2/{name}/referrers/{digest}', { access: pull, handle: listReferrers }),
  route('acr', 'GET', '/acr/v1/_catalog', { access: catalog, handle: listRepositories('/acr/v1/_catalog') }),
  route('acr', 'GET', '/acr/v1/_deleted/_catalog', { access: catalog, handle: listDeletedRepositories }),
  route('acr', 'GET', '/acr/v1/_deleted/{name}/_manifests', { access: readMetadata, handle: listDeletedManifests }),
  route('acr', 'POST', '/acr/v1/_deleted/{name}/_manifests/{digest}', { access: push, handle: restoreManifest }),
  route('acr', 'GET', '/acr/v1/_deleted/{name}/_tags', { access: readMetadata, handle: listDeletedTags }),
  route('acr', 'GET', '/acr/v1/{name}/_tags', { access: readMetadata, handle: listTagRecords }),
  route('acr', 'GET', '/acr/v1/{name}/_tags/{tag}', { access: readMetadata, handle: getTag }),
  route('acr', 'PATCH', '/acr/v1/{name}/_tags/{tag}', { access: writeMetadata, handle: patchTag }),
  route('acr', 'DELETE', '/acr/v1/{name}/_tags/{tag}', { access: remove, handle: deleteTag }),
  route('acr', 'GET', '/acr/v1/{name}/_manifests', { access: readMetadata, handle: listManifestRecords }),
  route('acr', 'GET', '/acr/v1/{name}/_manifests/{digest}', { access: readMetadata, handle: getManifestRecord }),
  route('acr', 'PATCH', '/acr/v1/{name}/_manifests/{digest}', { access: writeMetadata, handle: patchManifest }),
  route('acr', 'GET', '/acr/v1/{name}', { access: readMetadata, handle: getRepository }),
  route('acr', 'PATCH', '/acr/v1/{name}', { access: writeMetadata, handle: patchRepository }),
  route('acr', 'DELETE', '/acr/v1/{name}', { access: remove, handle: deleteRepository }),
];
