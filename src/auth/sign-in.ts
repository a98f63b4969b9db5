import { type Incoming, readForm } from '../http/incoming.ts';
import { okToken, refuseOauth } from '../http/oauth-reply.ts';
import type { Reply } from '../http/reply.ts';
import { matchUser } from './login-authority.ts';
import { type CodeRequest, DEVICE_LIFETIME_MS } from './pending-sign-in.ts';
import { parseScope } from './resource-scope.ts';
import type { AuthServices } from './services.ts';
import { handOverPage, messagePage, signInPage } from './sign-in-page.ts';
import { wrongTenant } from './tenant.ts';

const MAX_FORM_BYTES = 64 * 1024;
/** How often a client asks whether somebody signed in, in s. */
const POLL_INTERVAL_S = 1;
/** What the sign-in form carries on from the request. */
const CARRIED = [
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
];

/** Answers `POST …/devicecode`: begins a sign-in at another device (RFC 8628 §3.1). */
export async function answerDeviceCode(
  services: AuthServices,
  incoming: Incoming,
  tenant: string,
  nowMs: number,
): Promise<Reply> {
  const wrong = wrongTenant(services, tenant);
  if (wrong !== undefined) return wrong;
  const form = await readForm(incoming, MAX_FORM_BYTES);
  const [clientId, text] = form instanceof URLSearchParams ? [form.get('client_id'), form.get('scope')] : [null, null];
  const scope = parseScope(text ?? '');
  if (clientId === null || scope === undefined)
    return refuseOauth({
      error: 'invalid_request',
      code: 900_144,
      description: "The request body must contain 'client_id' and a 'scope' of one resource.",
    });
  const { deviceCode, userCode } = services.pending.beginDevice({ clientId, scope }, incoming.from, nowMs);
  const uri = `${services.authority.issuerBase}/device`;
  return okToken({
    user_code: userCode,
    device_code: deviceCode,
    verification_uri: uri,
    verification_url: uri,
    expires_in: DEVICE_LIFETIME_MS / 1000,
    interval: POLL_INTERVAL_S,
    message: `To sign in, use a web browser to open the page ${uri} and enter the code ${userCode} to authenticate.`,
  });
}

/** Answers `GET /device`: the page on which a person types the code that another device shows. */
export function answerDevicePage(incoming: Incoming): Reply {
  const code = incoming.query.get('code') ?? incoming.query.get('user_code') ?? '';
  return signInPage({ action: '/device', code, carried: {} });
}

/** Answers the form of that page. */
export async function answerDeviceForm(services: AuthServices, incoming: Incoming, nowMs: number): Promise<Reply> {
  const form = await readForm(incoming, MAX_FORM_BYTES);
  if (!(form instanceof URLSearchParams)) return messagePage('The form could not be read.', 400);
  const code = form.get('user_code') ?? '';
  const again = (problem: string): Reply => signInPage({ action: '/device', code, carried: {}, problem });
  if (services.pending.waiting(code, nowMs) === undefined)
    return again('No device waits for this code. Codes hold for 15 minutes and can be used once.');
  const identity = matchUser(services, form.get('username') ?? '', form.get('password') ?? '');
  if (identity === undefined) return again('The user name and the password do not go together.');
  return services.pending.approve(code, identity, nowMs)
    ? messagePage('You are signed in. You can close this page and go back to the other device.', 200)
    : again('No device waits for this code any more.');
}

/** Answers `GET …/authorize`: the page on which a person signs in to a program on the own machine (RFC 6749 §4.1.1, RFC 8252). */
export function answerAuthorize(services: AuthServices, incoming: Incoming, tenant: string): Reply {
  const wrong = wrongTenant(services, tenant);
  if (wrong !== undefined) return wrong;
  const read = readCodeRequest(incoming.query);
  if (typeof read === 'string') return messagePage(read, 400);
  return signInPage({
    action: incoming.path,
    carried: carriedBy(incoming.query),
    name: incoming.query.get('login_hint') ?? '',
  });
}

/** Answers the form of that page: back to the program, with a code. */
export async function answerAuthorizeForm(
  services: AuthServices,
  incoming: Incoming,
  tenant: string,
  nowMs: number,
): Promise<Reply> {
  const wrong = wrongTenant(services, tenant);
  if (wrong !== undefined) return wrong;
  const form = await readForm(incoming, MAX_FORM_BYTES);
  if (!(form instanceof URLSearchParams)) return messagePage('The form could not be read.', 400);
  const read = readCodeRequest(form);
  if (typeof read === 'string') return messagePage(read, 400);
  const name = form.get('username') ?? '';
  const identity = matchUser(services, name, form.get('password') ?? '');
  if (identity === undefined)
    return signInPage({
      action: incoming.path,
      carried: carriedBy(form),
      name,
      problem: 'The user name and the password do not go together.',
    });
  const code = services.pending.issueCode(read, identity, nowMs);
  const state = form.get('state');
  const answer = { code, ...(state === null ? {} : { state }) };
  if (form.get('response_mode') === 'form_post') return handOverPage(read.redirectUri, answer);
  const target = new URL(read.redirectUri);
  for (const [key, value] of Object.entries(answer)) target.searchParams.set(key, value);
  return {
    status: 302,
    headers: { location: target.href, 'cache-control': 'no-store', 'content-length': '0' },
    body: { kind: 'none' },
  };
}

function carriedBy(parameters: URLSearchParams): Readonly<Record<string, string>> {
  return Object.fromEntries(
    CARRIED.flatMap((name) => {
      const value = parameters.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** What a program asks for; a text says what is wrong. Nothing is sent to a redirect URI that is not of this machine. */
function readCodeRequest(parameters: URLSearchParams): CodeRequest | string {
  const get = (name: string): string => parameters.get(name) ?? '';
  const redirectUri = get('redirect_uri');
  if (!isOfThisMachine(redirectUri))
    return `The redirect URI ${JSON.stringify(redirectUri.slice(0, 200))} is not allowed: it must be http://localhost or http://127.0.0.1, with any port.`;
  if (get('response_type') !== 'code') return "The 'response_type' must be code.";
  const mode = get('response_mode');
  if (mode !== '' && mode !== 'query' && mode !== 'form_post') return "The 'response_mode' must be query or form_post.";
  if (get('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(get('code_challenge')))
    return "A 'code_challenge' with the method S256 is required (RFC 7636).";
  const scope = parseScope(get('scope'));
  if (scope === undefined || get('client_id') === '')
    return "A 'client_id' and a 'scope' of one resource are required.";
  const nonce = parameters.get('nonce') ?? undefined;
  return { clientId: get('client_id'), scope, redirectUri, challenge: get('code_challenge'), nonce };
}

/** RFC 8252 §7.3: a program of this machine listens on loopback, on whatever port it got. */
function isOfThisMachine(text: string): boolean {
  const url = URL.parse(text);
  return (
    url?.protocol === 'http:' &&
    ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) &&
    url.username === '' &&
    url.hash === ''
  );
}
