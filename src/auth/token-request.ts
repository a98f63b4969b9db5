import { parseScopes, type Scope } from '../access/scope.ts';
import type { Incoming } from '../http/incoming.ts';
import { readForm } from '../http/incoming.ts';
import type { OciError } from '../oci/error.ts';
import { type AuthorizationHeader, parseAuthorization } from './authorization-header.ts';
import { findRepeated } from './form-field.ts';

/** The largest form that is read, in bytes (invariant 1). */
const MAX_FORM_BYTES = 64 * 1024;

/** How a request for a token proves who it is. */
export type Proof =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'refresh-token'; readonly token: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

/** A request for an access token of a registry, well formed. */
export interface TokenRequest {
  readonly service: string | undefined;
  readonly scopes: readonly Scope[];
  readonly proof: Proof;
}

/** The outcome of reading a request. */
export type ReadRequest<T> =
  | { readonly kind: 'read'; readonly request: T }
  | { readonly kind: 'malformed'; readonly error: OciError };

/** The user name that says that the password is a refresh token (facts/acr.md §3.2, "Null GUID"). */
const NULL_GUID = '00000000-0000-0000-0000-000000000000';

/** Reads `GET /oauth2/token`: the query says what for, a Basic header who (facts/acr.md §3.2). */
export function readTokenQuery(incoming: Incoming): ReadRequest<TokenRequest> {
  const proof = proofOfHeader(incoming.headers.authorization);
  return proof.kind === 'malformed' ? proof : assemble(incoming.query, proof.request);
}

/** Reads `POST /oauth2/token` (facts/acr.md §3.2). */
export async function readTokenForm(incoming: Incoming): Promise<ReadRequest<TokenRequest>> {
  const form = await readForm(incoming, MAX_FORM_BYTES);
  if (!(form instanceof URLSearchParams)) return { kind: 'malformed', error: form };
  const proof = proofOfForm(form);
  return proof.kind === 'malformed' ? proof : assemble(form, proof.request);
}

/** Reads `POST /oauth2/exchange`: the access token of the login authority that is to be exchanged (facts/acr.md §3.2). */
export async function readExchangeForm(
  incoming: Incoming,
): Promise<ReadRequest<{ readonly service: string | undefined; readonly accessToken: string }>> {
  const form = await readForm(incoming, MAX_FORM_BYTES);
  if (!(form instanceof URLSearchParams)) return { kind: 'malformed', error: form };
  const repeated = findRepeated(form, ['grant_type', 'service', 'access_token']);
  if (repeated !== undefined) return malformed(`${repeated} was sent more than once`);
  const grant = form.get('grant_type');
  if (grant !== 'access_token' && grant !== 'access_token_refresh_token')
    return malformed(
      `grant_type is ${JSON.stringify(grant)}; allowed are access_token and access_token_refresh_token, as the login authority here issues no refresh tokens`,
    );
  const accessToken = form.get('access_token') ?? '';
  if (accessToken === '') return malformed('access_token is missing: send the access token of the login authority');
  return { kind: 'read', request: { service: form.get('service') ?? undefined, accessToken } };
}

function assemble(fields: URLSearchParams, proof: Proof): ReadRequest<TokenRequest> {
  if (findRepeated(fields, ['service']) !== undefined) return malformed('service was sent more than once');
  const scopes = parseScopes(fields.getAll('scope'));
  if (scopes.kind === 'malformed') return malformed(scopes.message);
  return { kind: 'read', request: { service: fields.get('service') ?? undefined, scopes: scopes.scopes, proof } };
}

function proofOfForm(form: URLSearchParams): ReadRequest<Proof> {
  const repeated = findRepeated(form, ['grant_type', 'username', 'password', 'refresh_token']);
  if (repeated !== undefined) return malformed(`${repeated} was sent more than once`);
  const grant = form.get('grant_type');
  if (grant === 'password') return read(proofOfPassword(form.get('username') ?? '', form.get('password') ?? ''));
  if (grant === 'refresh_token') return read({ kind: 'refresh-token', token: form.get('refresh_token') ?? '' });
  return malformed(`grant_type is ${JSON.stringify(grant)}; allowed are refresh_token and password`);
}

function proofOfHeader(header: AuthorizationHeader): ReadRequest<Proof> {
  const authorization = parseAuthorization(header);
  switch (authorization.kind) {
    case 'none':
      return read({ kind: 'nobody' });
    case 'basic':
      return read(proofOfPassword(authorization.username, authorization.password));
    case 'bearer':
      return malformed('a token is asked for with Basic, or with POST and grant_type=refresh_token, not with Bearer');
    case 'rejected':
      return malformed(authorization.message);
  }
}

/** Nothing at all is how the Azure SDK asks without a login; half of a login is a wrong one. */
function proofOfPassword(username: string, password: string): Proof {
  if (username === '' && password === '') return { kind: 'nobody' };
  if (username === NULL_GUID) return { kind: 'refresh-token', token: password };
  return { kind: 'password', username, password };
}

function read<T>(request: T): ReadRequest<T> {
  return { kind: 'read', request };
}

function malformed(message: string): { readonly kind: 'malformed'; readonly error: OciError } {
  return { kind: 'malformed', error: { code: 'REQUEST_INVALID', message } };
}
