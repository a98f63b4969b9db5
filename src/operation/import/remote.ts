import { parseManifestMediaType } from '../../oci/media-type.ts';
import { MAX_MANIFEST_BYTES } from '../../oci/manifest.ts';
import { MEDIA_TYPE } from '../../oci/media-type.ts';
import type { Reference, RepositoryName } from '../../oci/reference.ts';
import {
  type OutboundAnswer,
  type OutboundDoor,
  OutboundFailedError,
  OutboundRefusedError,
  readAnswer,
} from '../../outbound/door.ts';
import type { ImportSource } from './request.ts';
import { ImportError, type Source } from './source.ts';
import { type BearerChallenge, parseBearerChallenge } from './challenge.ts';

/** How long a registry may stand still, in ms. */
const TIMEOUT_MS = 30_000;
/** The largest answer of a token endpoint, in bytes. */
const TOKEN_BYTES = 256 * 1024;
/** How often one blob is tried. */
const ATTEMPTS = 3;
/** The name of Docker's registry is not where it is. */
const ALIASES: Readonly<Record<string, string>> = {
  'docker.io': 'registry-1.docker.io',
  'index.docker.io': 'registry-1.docker.io',
};

type Remote = Extract<ImportSource, { readonly kind: 'host' }>;

/** A registry outside, spoken to as clients do (distribution-spec; distribution/reference, "Token Authentication"). */
export function remoteSource(outer: OutboundDoor, { host, username, password }: Remote, signal: AbortSignal): Source {
  const door: OutboundDoor = { send: (request) => outer.send({ ...request, signal }) };
  const origin = `https://${ALIASES[host] ?? host}`;
  const basic = password === '' ? undefined : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  let authorization: string | undefined;
  const ask = async (path: string, accept: string): Promise<OutboundAnswer> => {
    const headers = (): Record<string, string> => ({
      accept,
      ...(authorization === undefined ? {} : { authorization }),
    });
    const url = new URL(`${origin}${path}`);
    const first = await send(door, url, headers());
    if (first.status !== 401) return first;
    first.discard();
    authorization = await authorise(door, first.headers['www-authenticate'] ?? '', { host, basic });
    return send(door, url, headers());
  };
  return {
    manifest: async (repository, reference) => {
      const answer = await must(
        ask(`/v2/${repository}/manifests/${textOf(reference)}`, MANIFESTS),
        host,
        nameOf(repository, reference),
      );
      const content = await reading(readAnswer(answer, MAX_MANIFEST_BYTES));
      return { content, mediaType: answer.headers['content-type'] ?? '' };
    },
    blob: async ({ repository, digest, target, to }) => {
      for (let attempt = 1; ; attempt++) {
        const answer = await must(ask(`/v2/${repository}/blobs/${digest}`, '*/*'), host, `${repository}@${digest}`);
        try {
          await target.putBlob(to, digest, answer.body);
          return;
        } catch (error) {
          answer.discard();
          if (error instanceof ImportError || attempt === ATTEMPTS) throw error;
        }
      }
    },
  };
}

const MANIFESTS = Object.values(MEDIA_TYPE)
  .filter((type) => parseManifestMediaType(type) !== undefined)
  .join(', ');

function textOf(reference: Reference): string {
  return reference.kind === 'tag' ? reference.tag : reference.digest;
}

function nameOf(repository: RepositoryName, reference: Reference): string {
  return `${repository}${reference.kind === 'tag' ? ':' : '@'}${textOf(reference)}`;
}

async function send(door: OutboundDoor, url: URL, headers: Readonly<Record<string, string>>): Promise<OutboundAnswer> {
  return reading(door.send({ method: 'GET', url, headers, timeoutMs: TIMEOUT_MS, redirects: 'follow' }));
}

/** What the door says is for the person who asked. */
async function reading<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OutboundRefusedError || error instanceof OutboundFailedError)
      throw new ImportError('SourceUnreachable', error.message, { cause: error });
    throw error;
  }
}

async function must(asked: Promise<OutboundAnswer>, host: string, image: string): Promise<OutboundAnswer> {
  const answer = await asked;
  if (answer.status === 200) return answer;
  answer.discard();
  const why = new Map([
    [401, `${host} asks for other credentials: give --username and --password of somebody who may pull`],
    [403, `${host} forbids it`],
    [404, 'it is not there'],
    [429, `${host} has had too many requests: sign in there, or try again later`],
  ]).get(answer.status);
  throw new ImportError(
    answer.status === 404 ? 'SourceImageNotFound' : 'SourceRefused',
    `The image ${host}/${image} could not be had: ${why ?? `${host} answered ${answer.status}`}.`,
  );
}

interface Credentials {
  readonly host: string;
  readonly basic: string | undefined;
}

/** The value of `Authorization` that a challenge asks for. */
async function authorise(door: OutboundDoor, header: string, { host, basic }: Credentials): Promise<string> {
  if (/^basic\b/i.test(header)) {
    if (basic !== undefined) return basic;
    throw new ImportError(
      'SourceRefused',
      `${host} asks for a user name and a password: give --username and --password.`,
    );
  }
  const challenge = parseBearerChallenge(header);
  if (challenge === undefined)
    throw new ImportError(
      'SourceRefused',
      `${host} answered 401 with a challenge that is not known: ${header.slice(0, 200)}`,
    );
  return `Bearer ${await fetchToken(door, challenge, { host, basic })}`;
}

async function fetchToken(
  door: OutboundDoor,
  challenge: BearerChallenge,
  { host, basic }: Credentials,
): Promise<string> {
  const url = new URL(challenge.realm);
  if (url.protocol !== 'https:')
    throw new ImportError('SourceRefused', `${host} sends to ${url.origin} for a token, which is not https.`);
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service);
  for (const scope of challenge.scopes) url.searchParams.append('scope', scope);
  const answer = await send(door, url, basic === undefined ? {} : { authorization: basic });
  const body = (await reading(readAnswer(answer, TOKEN_BYTES))).toString('utf8');
  const token = answer.status === 200 ? tokenIn(body) : undefined;
  if (token === undefined)
    throw new ImportError(
      'SourceRefused',
      `${url.host} gave no token to pull from ${host} (status ${answer.status}): check --username and --password.`,
    );
  return token;
}

function tokenIn(body: string): string | undefined {
  try {
    const { token, access_token: accessToken } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    return [token, accessToken].find((one): one is string => typeof one === 'string' && one !== '');
  } catch {
    return undefined;
  }
}
