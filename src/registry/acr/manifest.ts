import { type Reply, okJson, refuse } from '../../http/reply.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseManifest } from '../../oci/manifest.ts';
import type { RepositoryName } from '../../oci/reference.ts';
import type { ManifestRecord } from '../../store/port.ts';
import { type Call, keyOf } from '../call.ts';
import { nextLink, parsePage } from '../page.ts';
import { refuseRepository } from '../refusal.ts';
import { readAttributes } from './attributes.ts';
import { manifestJson } from './json.ts';
import { parseOrder } from './order.ts';

/** How many manifests a page has when the client does not say. */
const STANDARD_PAGE = 100;

/** What names one manifest. */
interface ManifestParams {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/** GET /acr/v1/{name}/_manifests, in the order of `orderby`. */
export async function listManifestRecords({ name }: { readonly name: RepositoryName }, call: Call): Promise<Reply> {
  const { query } = call.incoming;
  const page = parsePage(query, STANDARD_PAGE);
  if ('code' in page) return refuse(page);
  const order = parseOrder(query);
  if ('code' in order) return refuse(order);
  const found = await call.services.metadata.manifests(keyOf(call, name), page, order.order);
  if (found === undefined) return refuseRepository(name);
  const last = found.more ? found.items.at(-1)?.digest : undefined;
  const link = nextLink(`/acr/v1/${name}/_manifests`, page, last, { orderby: query.get('orderby') ?? '' });
  return okJson(
    { registry: call.registry.loginServer, imageName: name, manifests: found.items.map(manifestJson) },
    link,
  );
}

/** GET /acr/v1/{name}/_manifests/{digest}: with what an index lists, under `references`. */
export async function getManifestRecord(params: ManifestParams, call: Call): Promise<Reply> {
  const record = await call.services.metadata.manifestRecord(keyOf(call, params.name), params.digest);
  return record === undefined ? refuseManifest(params) : answerManifest(params, record, call);
}

/** PATCH /acr/v1/{name}/_manifests/{digest}: changes the manifest's locks. */
export async function patchManifest(params: ManifestParams, call: Call): Promise<Reply> {
  const change = await readAttributes(call.incoming);
  if ('code' in change) return refuse(change);
  const outcome = await call.services.metadata.updateManifest(keyOf(call, params.name), params.digest, change);
  return outcome.kind === 'updated' ? answerManifest(params, outcome.record, call) : refuseManifest(params);
}

async function answerManifest({ name, digest }: ManifestParams, record: ManifestRecord, call: Call): Promise<Reply> {
  const references = await referencesJson({ name, digest }, call);
  const manifest = { ...manifestJson(record), ...(references.length === 0 ? {} : { references }) };
  return okJson({ registry: call.registry.loginServer, imageName: name, manifest });
}

async function referencesJson({ name, digest }: ManifestParams, call: Call): Promise<object[]> {
  const served = await call.services.metadata.manifest(keyOf(call, name), { kind: 'digest', digest });
  const manifest = served === undefined ? undefined : parseManifest(served.content, served.mediaType);
  if (manifest === undefined || typeof manifest === 'string') return [];
  return manifest.manifests.map((entry) => ({ digest: entry.digest, ...entry.platform }));
}

function refuseManifest({ name, digest }: ManifestParams): Reply {
  return refuse({ code: 'MANIFEST_UNKNOWN', detail: { name, digest } });
}
