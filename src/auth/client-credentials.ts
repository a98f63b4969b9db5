import type { Incoming } from '../http/incoming.ts';
import { readForm } from '../http/incoming.ts';
import type { OauthError } from '../http/oauth-reply.ts';
import { parseAuthorization } from './authorization-header.ts';
import { findRepeated } from './form-field.ts';
import { withoutSlash } from './services.ts';

/** The largest form that is read, in bytes (invariant 1). */
const MAX_FORM_BYTES = 64 * 1024;

/** A request for a token with a client's own secret (RFC 6749 §4.4), well formed. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The resource that the token is to be for, without a slash at its end. */
  readonly resource: string;
}

/** The outcome of reading a request. */
export type ReadClientCredentials =
  | { readonly kind: 'read'; readonly request: ClientCredentials }
  | { readonly kind: 'refused'; readonly error: OauthError };

const SINGLE_FIELDS = ['grant_type', 'client_id', 'client_secret', 'scope'];

/** Reads a request to the login authority's token endpoint (facts/acr.md §4.1; RFC 6749 §2.3.1 and §4.4.2). */
export async function readClientCredentials(incoming: Incoming): Promise<ReadClientCredentials> {
  const form = await readForm(incoming, MAX_FORM_BYTES);
  if (!(form instanceof URLSearchParams)) return invalid(form.message ?? 'the form cannot be read');
  const repeated = findRepeated(form, SINGLE_FIELDS);
  if (repeated !== undefined) return invalid(`The parameter '${repeated}' was sent more than once.`);
  const grant = form.get('grant_type');
  if (grant === null) return missing('grant_type');
  if (grant !== 'client_credentials') return unsupported(grant);
  const resource = resourceOf(form.get('scope'));
  if (resource === undefined) return wrongScope(form.get('scope'));
  const client = clientOf(form, incoming);
  return 'kind' in client ? client : { kind: 'read', request: { ...client, resource } };
}

type Client = Pick<ClientCredentials, 'clientId' | 'clientSecret'>;

function clientOf(
  form: URLSearchParams,
  incoming: Incoming,
): Client | Extract<ReadClientCredentials, { kind: 'refused' }> {
  const authorization = parseAuthorization(incoming.headers.authorization);
  if (authorization.kind === 'basic') {
    if (form.has('client_secret')) return invalid('The client authenticated both in the header and in the body.');
    return { clientId: decode(authorization.username), clientSecret: decode(authorization.password) };
  }
  if (authorization.kind !== 'none') return invalid('The Authorization header is not Basic.');
  const [clientId, clientSecret] = [form.get('client_id'), form.get('client_secret')];
  if (clientId === null) return missing('client_id');
  return clientSecret === null ? missing('client_secret') : { clientId, clientSecret };
}

/** In a Basic header a client's id and secret are encoded as in forms first; what is not is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function resourceOf(scope: string | null): string | undefined {
  const ending = '/.default';
  if (scope === null || !scope.endsWith(ending) || scope.includes(' ')) return undefined;
  return withoutSlash(scope.slice(0, -ending.length));
}

function refused(error: OauthError): { readonly kind: 'refused'; readonly error: OauthError } {
  return { kind: 'refused', error };
}

function invalid(description: string): { readonly kind: 'refused'; readonly error: OauthError } {
  return refused({ error: 'invalid_request', code: 900144, description });
}

function missing(name: string): { readonly kind: 'refused'; readonly error: OauthError } {
  return invalid(`The request body must contain the following parameter: '${name}'.`);
}

function unsupported(grant: string): { readonly kind: 'refused'; readonly error: OauthError } {
  const description = `The app requested the unsupported grant type '${grant}'; allowed is 'client_credentials'.`;
  return refused({ error: 'unsupported_grant_type', code: 70003, description });
}

function wrongScope(scope: string | null): { readonly kind: 'refused'; readonly error: OauthError } {
  const description = `The provided value for the input parameter 'scope' is not valid. The scope ${JSON.stringify(scope)} must be one resource followed by /.default.`;
  return refused({ error: 'invalid_scope', code: 1002012, description });
}
