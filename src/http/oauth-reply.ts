import { okJson, type Reply, type ReplyHeaders } from './reply.ts';

/** The errors of a token endpoint, each with its one status (RFC 6749 §5.2). */
const OAUTH_ERROR = {
  authorization_pending: 400,
  expired_token: 400,
  invalid_grant: 400,
  invalid_request: 400,
  invalid_client: 401,
  invalid_resource: 400,
  invalid_scope: 400,
  unsupported_grant_type: 400,
  temporarily_unavailable: 429,
} as const satisfies Record<string, number>;

/** What a token endpoint refuses. `code` is the number that Entra ID gives the error, as in AADSTS7000215. */
export interface OauthError {
  readonly error: keyof typeof OAUTH_ERROR;
  readonly code: number;
  readonly description: string;
}

/** Tokens and refusals of them must not be kept by anything in between (RFC 6749 §5.1). */
const NO_STORE: ReplyHeaders = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** 200 with a token's JSON. */
export function okToken(value: object): Reply {
  return okJson(value, NO_STORE);
}

/** What goes with an error, beside its status. */
const FURTHER: Readonly<Record<string, ReplyHeaders>> = {
  invalid_client: { 'www-authenticate': 'Basic realm="login authority"' },
  temporarily_unavailable: { 'retry-after': '1' },
};

/** Who asks too much, in the words of Entra ID's throttling (AADSTS90055); `retryAfterS` in seconds. */
export function refuseThrottled(message: string, retryAfterS = 1): Reply {
  const reply = refuseOauth({ error: 'temporarily_unavailable', code: 90_055, description: message });
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(retryAfterS) } };
}

/** A refusal in the form of RFC 6749 §5.2, with the fields that Azure's clients show to people. */
export function refuseOauth({ error, code, description }: OauthError): Reply {
  const body = { error, error_description: `AADSTS${code}: ${description}`, error_codes: [code] };
  return { ...okJson(body, { ...NO_STORE, ...FURTHER[error] }), status: OAUTH_ERROR[error], refusal: error };
}
