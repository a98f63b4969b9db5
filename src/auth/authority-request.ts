import { type Incoming, readForm } from '../http/incoming.ts';
import type { OauthError } from '../http/oauth-reply.ts';
import type { OciError } from '../oci/error.ts';
import { parseAuthorization } from './authorization-header.ts';
import { findRepeated } from './form-field.ts';
import { parseScope, type ResourceScope } from './resource-scope.ts';

/** The largest form that is read, in bytes (invariant 1). */
const MAX_FORM_BYTES = 64 * 1024;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** What shows that an application is the one it says. */
export type ClientProof =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'assertion'; readonly assertion: string };

/** What shows who asks for a token: an application's own proof, or what stands for a person. */
export type Grant =
  | { readonly kind: 'client_credentials'; readonly proof: ClientProof }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'refresh_token'; readonly token: string }
  | {
      readonly kind: 'authorization_code';
      readonly code: string;
      readonly redirectUri: string;
      readonly verifier: string;
    }
  | { readonly kind: 'device_code'; readonly code: string };

/** A request for a token, well formed. */
export interface AuthorityRequest {
  readonly grant: Grant;
  readonly clientId: string;
  /** Absent where it was said when the sign-in began. */
  readonly scope: ResourceScope | undefined;
  /** Whether the client wants to know whose token it is (an extension of Microsoft's libraries). */
  readonly clientInfo: boolean;
}

type Refused = { readonly kind: 'refused'; readonly error: OauthError };
/** The outcome of reading a request. */
export type ReadAuthorityRequest = { readonly kind: 'read'; readonly request: AuthorityRequest } | Refused;

const SINGLE_FIELDS = (
  'grant_type client_id client_secret client_assertion client_assertion_type scope username password refresh_token code ' +
  'redirect_uri code_verifier device_code client_info'
).split(' ');

/** Reads a request to the login authority's token endpoint (facts/acr.md §4.1; RFC 6749 §4, RFC 8628 §3.4, RFC 7523 §2.2). */
export async function readAuthorityRequest(incoming: Incoming): Promise<ReadAuthorityRequest> {
  const form = await readForm(incoming, MAX_FORM_BYTES);
  if (!(form instanceof URLSearchParams)) return unread(form);
  const repeated = findRepeated(form, SINGLE_FIELDS);
  if (repeated !== undefined) return invalid(`The parameter '${repeated}' was sent more than once.`);
  const client = clientOf(form, incoming);
  if ('kind' in client) return client;
  const grant = grantOf(form, client);
  if (grant.kind === 'refused') return grant;
  const scope = readScope(form.get('scope'), grant);
  if (scope !== undefined && 'kind' in scope) return scope;
  const clientInfo = form.get('client_info') === '1';
  return { kind: 'read', request: { grant, clientId: client.clientId, scope, clientInfo } };
}

function unread({ code, message = 'the form cannot be read' }: OciError): Refused {
  if (code !== 'TOOMANYREQUESTS') return invalid(message);
  return { kind: 'refused', error: { error: 'temporarily_unavailable', code: 90_055, description: message } };
}

interface Client {
  readonly clientId: string;
  readonly secret: string | undefined;
}

function clientOf(form: URLSearchParams, incoming: Incoming): Client | Refused {
  if (!form.has('grant_type')) return missing('grant_type');
  const authorization = parseAuthorization(incoming.headers.authorization);
  if (authorization.kind === 'basic') {
    if (form.has('client_secret')) return invalid('The client authenticated both in the header and in the body.');
    return { clientId: decode(authorization.username), secret: decode(authorization.password) };
  }
  if (authorization.kind !== 'none') return invalid('The Authorization header is not Basic.');
  const clientId = form.get('client_id');
  return clientId === null ? missing('client_id') : { clientId, secret: form.get('client_secret') ?? undefined };
}

/** In a Basic header a client's id and secret are encoded as in forms first; what is not is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function grantOf(form: URLSearchParams, { secret }: Client): Grant | Refused {
  const type = form.get('grant_type') ?? '';
  const get = (name: string): string => form.get(name) ?? '';
  switch (type) {
    case 'client_credentials':
      return clientCredentials(form, secret);
    case 'password':
      return (
        need(form, ['username', 'password']) ?? { kind: type, username: get('username'), password: get('password') }
      );
    case 'refresh_token':
      return need(form, ['refresh_token']) ?? { kind: type, token: get('refresh_token') };
    case 'authorization_code':
      return (
        need(form, ['code', 'redirect_uri', 'code_verifier']) ?? {
          kind: type,
          code: get('code'),
          redirectUri: get('redirect_uri'),
          verifier: get('code_verifier'),
        }
      );
    case DEVICE_GRANT:
    case 'device_code':
      // AD FS's clients send the code under another name.
      if (form.has('code') && !form.has('device_code')) return { kind: 'device_code', code: get('code') };
      return need(form, ['device_code']) ?? { kind: 'device_code', code: get('device_code') };
    default:
      return unsupported(type);
  }
}

function clientCredentials(form: URLSearchParams, secret: string | undefined): Grant | Refused {
  const assertion = form.get('client_assertion');
  if (assertion === null)
    return secret === undefined
      ? missing('client_secret')
      : { kind: 'client_credentials', proof: { kind: 'secret', secret } };
  if (secret !== undefined) return invalid('The client authenticated both by a secret and by an assertion.');
  if (form.get('client_assertion_type') !== ASSERTION_TYPE)
    return invalid(`The parameter 'client_assertion_type' must be ${ASSERTION_TYPE}.`);
  return { kind: 'client_credentials', proof: { kind: 'assertion', assertion } };
}

function need(form: URLSearchParams, names: readonly string[]): Refused | undefined {
  const absent = names.find((name) => !form.has(name));
  return absent === undefined ? undefined : missing(absent);
}

/** A person's grant may leave the scope out where it was said before. */
function readScope(text: string | null, grant: Grant): ResourceScope | Refused | undefined {
  const mayBeAbsent =
    grant.kind === 'authorization_code' || grant.kind === 'device_code' || grant.kind === 'refresh_token';
  if (text === null && mayBeAbsent) return undefined;
  const scope = parseScope(text ?? '');
  if (scope?.resource !== undefined && (grant.kind !== 'client_credentials' || isDefaultAlone(text ?? '')))
    return scope;
  if (scope !== undefined && mayBeAbsent) return undefined;
  return wrongScope(text);
}

function isDefaultAlone(text: string): boolean {
  return text.endsWith('/.default') && !text.includes(' ');
}

function refused(error: OauthError): Refused {
  return { kind: 'refused', error };
}

function invalid(description: string): Refused {
  return refused({ error: 'invalid_request', code: 900144, description });
}

function missing(name: string): Refused {
  return invalid(`The request body must contain the following parameter: '${name}'.`);
}

function unsupported(grant: string): Refused {
  const description =
    `The app requested the unsupported grant type '${grant}'; allowed are client_credentials, password, refresh_token, ` +
    `authorization_code and ${DEVICE_GRANT}.`;
  return refused({ error: 'unsupported_grant_type', code: 70003, description });
}

function wrongScope(scope: string | null): Refused {
  const description = `The provided value for the input parameter 'scope' is not valid. The scope ${JSON.stringify(scope)} must be one resource followed by /.default.`;
  return refused({ error: 'invalid_scope', code: 1002012, description });
}
