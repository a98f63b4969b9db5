import type { IncomingMessage, ServerResponse } from 'node:http';
import { helloImage } from './hello-image.ts';
import type { Substitutions } from './substitution.ts';

const REPOSITORY = 'library/hello-world';
const MANIFEST = new RegExp(`^/v2/${REPOSITORY}/manifests/([^/]+)$`);
const BLOB = new RegExp(`^/v2/${REPOSITORY}/blobs/([^/]+)$`);
const NAMED = /^\/v2\/(.+)\/(?:manifests|blobs|tags)\/([^/]+)$/;
const TAGS: ReadonlySet<string> = new Set(['latest', 'linux']);

/** Answers for Docker Hub with what the lab itself has: one image, for whoever asks (distribution-spec, "Pull"). */
export function hub(substitutions: Substitutions): (request: IncomingMessage, response: ServerResponse) => void {
  const image = helloImage();
  return (request, response) => {
    const path = new URL(request.url ?? '/', 'http://hub').pathname;
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'UNSUPPORTED', READ_ONLY);
    if (path === '/v2/') return answer(request, response, { bytes: Buffer.from('{}'), mediaType: 'application/json' });
    const [, reference] = MANIFEST.exec(path) ?? [];
    const digest = reference !== undefined && TAGS.has(reference) ? image.tag : reference;
    const [, blob] = BLOB.exec(path) ?? [];
    const found = digest === undefined ? image.blobs.get(blob ?? '') : image.manifests.get(digest);
    if (found === undefined) return unknown(response, path);
    if (digest !== undefined)
      substitutions.made({
        what: 'docker-hub',
        asked: `docker.io/${REPOSITORY}`,
        given: "the lab's own hello-world image",
      });
    answer(request, response, found, digest ?? blob);
  };
}

const READ_ONLY = 'the lab stands in for Docker Hub, and images can be pulled from it alone';

function unknown(response: ServerResponse, path: string): void {
  const [, repository = path, reference = ''] = NAMED.exec(path) ?? [];
  const message = `the lab stands in for Docker Hub and has hello-world alone, not ${repository}:${reference}; push what you need to a registry of yours, or start Seawall with --substitutions off`;
  refuse(response, 404, 'MANIFEST_UNKNOWN', message);
}

function answer(
  { method }: IncomingMessage,
  response: ServerResponse,
  { bytes, mediaType }: { readonly bytes: Buffer; readonly mediaType: string },
  digest?: string,
): void {
  response.writeHead(200, {
    'content-type': mediaType,
    'content-length': bytes.length,
    'docker-distribution-api-version': 'registry/2.0',
    ...(digest === undefined ? {} : { 'docker-content-digest': digest }),
  });
  response.end(method === 'HEAD' ? undefined : bytes);
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const body = JSON.stringify({ errors: [{ code, message }] });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
