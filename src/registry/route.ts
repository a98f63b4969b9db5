import type { RepositoryAction } from '../access/action.ts';
import { type RawParameters, type Router, compileRouter } from '../http/router.ts';
import { type Reply, refuse } from '../http/reply.ts';
import { type Digest, parseDigest } from '../oci/digest.ts';
import {
  type Reference,
  type RepositoryName,
  type Tag,
  parseReference,
  parseRepositoryName,
  parseTag,
} from '../oci/reference.ts';
import type { OciErrorCode } from '../oci/error.ts';
import type { UploadId } from '../store/port.ts';
import type { Call } from './call.ts';

/**
 * What a caller needs before the handler runs. `login`: any valid credential. `catalog`: leave to list the registry's
 * repositories. Otherwise one of `anyOf` on the path's repository, of which the first is what a client is told to ask for.
 */
export type Access =
  | { readonly kind: 'login' }
  | { readonly kind: 'catalog' }
  | {
      readonly kind: 'repository';
      readonly anyOf: readonly [RepositoryAction, ...RepositoryAction[]];
      /** Query parameter that may name a second repository, which is read from where the caller may pull it. */
      readonly source?: 'from';
    };

/** Every parameter a path may have, as the type that handlers get. */
interface Parameters {
  readonly name: RepositoryName;
  readonly reference: Reference;
  readonly digest: Digest;
  readonly tag: Tag;
  readonly upload: UploadId;
}

type Named<P extends string> = P extends `${string}{${infer K}}${infer Rest}` ? K | Named<Rest> : never;

/** The parameters of one path, parsed. */
export type Params<P extends string> = Pick<Parameters, Named<P> & keyof Parameters>;

/** One route of a registry: `spec` names its clause (distribution-spec, "Endpoints", or acr for facts/acr.md §3.4). */
export interface Route {
  readonly spec: string;
  readonly method: string;
  readonly path: string;
  readonly access: Access;
  readonly handle: (parameters: Parameters, call: Call) => Promise<Reply>;
}

/** Declares a route; the handler gets exactly the parameters that the path names. */
export function route<P extends string>(
  spec: string,
  method: string,
  path: P,
  rest: { readonly access: Access; readonly handle: (parameters: Params<P>, call: Call) => Promise<Reply> },
): Route {
  return { spec, method, path, ...rest };
}

/** A request for a route, its parameters parsed, ready to be authorised and run. */
export interface BoundRoute {
  readonly route: Route;
  readonly repository: RepositoryName | undefined;
  run(call: Call): Promise<Reply>;
}

/** Finds and binds routes; a {@link Reply} refuses a path, a method or a parameter. */
export function compileRoutes(routes: readonly Route[]): (method: string, path: string) => BoundRoute | Reply {
  const router: Router<Route> = compileRouter(routes);
  return (method, path) => {
    const match = router(method, path);
    switch (match.kind) {
      case 'found':
        return bindRoute(match.route, match.parameters);
      case 'method-not-allowed':
        return refuse(
          { code: 'UNSUPPORTED', message: `${method} is not possible here` },
          { allow: match.allow.join(', ') },
        );
      case 'not-found':
        return refuse({ code: 'ENDPOINT_UNKNOWN' });
    }
  };
}

function bindRoute(found: Route, raw: RawParameters): BoundRoute | Reply {
  const parsed: Record<string, unknown> = {};
  for (const [parameter, encoded] of Object.entries(raw)) {
    const text = decode(encoded);
    const value = text === undefined ? undefined : parseParameter(parameter, text);
    if (value === undefined) return refuseParameter(parameter, encoded);
    parsed[parameter] = value;
  }
  // Each path's own parameters were parsed just above; route() gave the handler no others.
  const parameters = parsed as unknown as Parameters;
  return { route: found, repository: parameters.name, run: (call) => found.handle(parameters, call) };
}

/** Decodes once; Azure's SDKs send the slashes of a name as %2F. `undefined` for a malformed escape. */
function decode(encoded: string): string | undefined {
  if (!encoded.includes('%')) return encoded;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

function parseParameter(parameter: string, text: string): unknown {
  switch (parameter) {
    case 'name':
      return parseRepositoryName(text);
    case 'reference':
      return parseReference(text);
    case 'digest':
      return parseDigest(text);
    case 'tag':
      return parseTag(text);
    case 'upload':
      return /^[0-9a-zA-Z-]{1,64}$/.test(text) ? text : undefined;
    default:
      throw new Error(`a route has an unknown parameter: ${parameter}`);
  }
}

const REFUSED: Record<string, { code: OciErrorCode; allowed: string }> = {
  name: {
    code: 'NAME_INVALID',
    allowed:
      'lower-case letters, digits and single . _ - or __ between them, in components divided by /, 255 characters in all',
  },
  reference: {
    code: 'DIGEST_INVALID',
    allowed: 'a tag of at most 128 of A-Z a-z 0-9 . _ - or a digest sha256:<64 hex> or sha512:<128 hex>',
  },
  digest: { code: 'DIGEST_INVALID', allowed: 'sha256:<64 hex> or sha512:<128 hex>' },
  tag: { code: 'TAG_INVALID', allowed: 'at most 128 of A-Z a-z 0-9 . _ -' },
  upload: { code: 'BLOB_UPLOAD_UNKNOWN', allowed: 'an upload this registry has begun' },
};

function refuseParameter(parameter: string, encoded: string): Reply {
  const key = parameter === 'reference' && !/:|%3a/i.test(encoded) ? 'tag' : parameter;
  const { code, allowed } = REFUSED[key] ?? { code: 'REQUEST_INVALID', allowed: '' };
  return refuse({
    code,
    message: `invalid ${parameter}: allowed is ${allowed}`,
    detail: { [parameter]: encoded.slice(0, 300) },
  });
}
