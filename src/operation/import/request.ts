import type { ArmError } from '../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../azure/json.ts';
import {
  parseReference,
  parseRepositoryName,
  type Reference,
  type RepositoryName,
  type Tag,
} from '../../oci/reference.ts';

/** What is imported (learn.microsoft.com/rest/api/containerregistry/registries/import-image). */
export interface ImportRequest {
  readonly source: ImportSource;
  /** The image at its source. */
  readonly repository: RepositoryName;
  readonly reference: Reference;
  /** Where it goes by tag. */
  readonly tags: readonly { readonly repository: RepositoryName; readonly tag: Tag }[];
  /** Where it goes by its digest alone. */
  readonly untagged: readonly RepositoryName[];
  /** Whether tags that are there are moved. */
  readonly force: boolean;
}

/** Where an image is: a registry of this server, or one outside by its host. */
export type ImportSource =
  | { readonly kind: 'resource'; readonly id: string }
  | {
      readonly kind: 'host';
      /** `host` or `host:port`. */
      readonly host: string;
      readonly username: string;
      /** Empty: nobody signs in. */
      readonly password: string;
    };

const MEMBERS = ['source', 'targetTags', 'untaggedTargetRepositories', 'mode'];
const SOURCE_MEMBERS = ['resourceId', 'registryUri', 'credentials', 'sourceImage'];

/** Reads the body of `importImage`; an error names the member that is wrong. */
export function readImport(body: JsonObject): ImportRequest | ArmError {
  const source = objectOf(body['source']);
  const strange =
    Object.keys(body).find((name) => !MEMBERS.includes(name)) ??
    Object.keys(source)
      .filter((name) => !SOURCE_MEMBERS.includes(name))
      .map((name) => `source.${name}`)[0];
  if (strange !== undefined) return invalid(strange, `'${strange}' is not known: there is no such property here.`);
  const where = readSource(source);
  if ('code' in where) return where;
  const image = readImage(source['sourceImage']);
  if ('code' in image) return image;
  const force = readMode(body['mode']);
  if (typeof force !== 'boolean') return force;
  const targets = readTargets(body, image);
  return 'code' in targets ? targets : { source: where, ...image, ...targets, force };
}

function readSource({ resourceId, registryUri, credentials }: JsonObject): ImportSource | ArmError {
  const given = [resourceId, registryUri].filter((one) => typeof one === 'string' && one !== '');
  if (given.length !== 1)
    return invalid('source', "'source' must have either 'resourceId' or 'registryUri', and has neither or both.");
  if (typeof resourceId === 'string' && resourceId !== '') return { kind: 'resource', id: resourceId };
  const host = readHost(registryUri ?? null);
  if (host === undefined)
    return invalid(
      'source.registryUri',
      `The value ${JSON.stringify(registryUri)} of 'source.registryUri' is not the name of a registry such as docker.io or mcr.microsoft.com.`,
    );
  const { username, password } = objectOf(credentials);
  if (typeof credentials === 'object' && credentials !== null && typeof password !== 'string')
    return invalid(
      'source.credentials.password',
      "'source.credentials.password' is required where there are credentials.",
    );
  return {
    kind: 'host',
    host,
    // A password without a name is an Entra token of Azure (rest/api/containerregistry, ImportSourceCredentials).
    username: typeof username === 'string' ? username : '00000000-0000-0000-0000-000000000000',
    password: typeof password === 'string' ? password : '',
  };
}

function readHost(value: Json): string | undefined {
  const text = typeof value === 'string' ? value.replace(/^https:\/\//i, '').replace(/\/$/, '') : '';
  const url = URL.parse(`https://${text}/`);
  return url !== null && url.pathname === '/' && url.host !== '' && url.username === '' && url.search === ''
    ? url.host
    : undefined;
}

type Image = Pick<ImportRequest, 'repository' | 'reference'>;

/** `repository`, `repository:tag` or `repository@digest`; without either it is the tag latest. */
function readImage(value: Json | undefined): Image | ArmError {
  const text = typeof value === 'string' ? value : '';
  const at = text.indexOf('@');
  const colon = text.indexOf(':');
  const cut = at >= 0 ? at : colon >= 0 ? colon : text.length;
  const repository = parseRepositoryName(text.slice(0, cut));
  const reference = parseReference(cut === text.length ? 'latest' : text.slice(cut + 1));
  if (repository !== undefined && reference !== undefined && (at < 0 || reference.kind === 'digest'))
    return { repository, reference };
  return invalid(
    'source.sourceImage',
    `The value ${JSON.stringify(value ?? null)} of 'source.sourceImage' is not an image: it must be repository:tag or repository@digest.`,
  );
}

function readMode(mode: Json | undefined): boolean | ArmError {
  if (mode === undefined || mode === null) return false;
  const word = typeof mode === 'string' ? mode.toLowerCase() : '';
  if (word === 'force' || word === 'noforce') return word === 'force';
  return invalid('mode', `The value ${JSON.stringify(mode)} of 'mode' is not allowed: it must be Force or NoForce.`);
}

function readTargets(body: JsonObject, image: Image): Pick<ImportRequest, 'tags' | 'untagged'> | ArmError {
  const tags: { readonly repository: RepositoryName; readonly tag: Tag }[] = [];
  for (const [i, text] of listOf(body['targetTags']).entries()) {
    const target = readImage(text);
    if ('code' in target || target.reference.kind !== 'tag')
      return invalid(
        `targetTags[${i}]`,
        `The value ${JSON.stringify(text)} of 'targetTags[${i}]' is not a target: it must be repository:tag.`,
      );
    tags.push({ repository: target.repository, tag: target.reference.tag });
  }
  const untagged: RepositoryName[] = [];
  for (const [i, text] of listOf(body['untaggedTargetRepositories']).entries()) {
    const name = typeof text === 'string' ? parseRepositoryName(text) : undefined;
    if (name === undefined)
      return invalid(
        `untaggedTargetRepositories[${i}]`,
        `The value ${JSON.stringify(text)} of 'untaggedTargetRepositories[${i}]' is not the name of a repository.`,
      );
    untagged.push(name);
  }
  if (tags.length + untagged.length > 0) return { tags, untagged };
  const { repository, reference } = image;
  return reference.kind === 'tag'
    ? { tags: [{ repository, tag: reference.tag }], untagged }
    : { tags, untagged: [repository] };
}

function invalid(target: string, message: string): ArmError {
  return { code: 'InvalidRequestContent', target, message };
}
