import { narrow } from '../access/access-entry.ts';
import type { Incoming } from '../http/incoming.ts';
import { okJson, refuse, type Reply } from '../http/reply.ts';
import { checkArmToken } from './arm-token.ts';
import { checkRegistryToken, wrongKind } from './check-token.ts';
import { ANONYMOUS, type Identity } from './identity.ts';
import { type LoggedIn, logIn } from './password-login.ts';
import type { RegistryView } from './registry-view.ts';
import { reject, type Rejection } from './rejection.ts';
import { rightsOf } from './rights.ts';
import { audiencesOf, type AuthServices } from './services.ts';
import { signAccessToken, signRefreshToken } from './sign-token.ts';
import { Token } from './token.ts';
import { ACCESS_TOKEN_LIFETIME_MS } from './token-claims.ts';
import { type Proof, readExchangeForm, readTokenForm, readTokenQuery, type TokenRequest } from './token-request.ts';

/** Tokens must not be kept by anything in between (RFC 6749 §5.1). */
const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** Answers `GET` and `POST /oauth2/token`: an access token for what of the asked scopes is allowed (facts/acr.md §3.2). */
export async function answerToken(
  services: AuthServices,
  incoming: Incoming,
  view: RegistryView,
  nowMs: number,
): Promise<Reply> {
  const read = incoming.method === 'POST' ? await readTokenForm(incoming) : readTokenQuery(incoming);
  if (read.kind === 'malformed') return refuse(read.error);
  const { request } = read;
  const wrong = wrongService(request.service, view);
  if (wrong !== undefined) return wrong;
  const proven = await prove(services, request.proof, view, nowMs);
  if (proven.kind === 'rejected') return unauthorized(proven, view);
  return issue(services, { identity: proven.identity, scopes: request.scopes, view, nowMs });
}

/** Answers `POST /oauth2/exchange`: a refresh token of this registry for a token of the login authority (facts/acr.md §3.2). */
export async function answerExchange(
  services: AuthServices,
  incoming: Incoming,
  view: RegistryView,
  nowMs: number,
): Promise<Reply> {
  const read = await readExchangeForm(incoming);
  if (read.kind === 'malformed') return refuse(read.error);
  const wrong = wrongService(read.request.service, view);
  if (wrong !== undefined) return wrong;
  const checked = await checkArmToken(services, new Token(read.request.accessToken), audiencesOf(services), nowMs);
  if (checked.kind === 'rejected') return unauthorized(checked, view);
  const { identity } = checked;
  const rights = rightsOf(identity, { directory: services.directory.snapshot(), view, nowMs });
  if (rights.kind === 'rejected') return unauthorized(rights, view);
  const refreshToken = await signRefreshToken({ keys: services.keys, view, identity, nowMs });
  return okJson({ refresh_token: refreshToken }, NO_STORE);
}

/** Who asks, judged as of now: a token is never issued to who could not use it. */
async function prove(services: AuthServices, proof: Proof, view: RegistryView, nowMs: number): Promise<LoggedIn> {
  switch (proof.kind) {
    case 'nobody':
      return view.anonymousPullEnabled
        ? { kind: 'logged-in', identity: ANONYMOUS }
        : reject('wrong-credentials', `${view.loginServer} serves nobody without a login; log in first`);
    case 'password':
      return logIn(proof, { directory: services.directory.snapshot(), view, nowMs });
    case 'refresh-token':
      return proveByToken(services, proof.token, view, nowMs);
  }
}

async function proveByToken(
  services: AuthServices,
  token: string,
  view: RegistryView,
  nowMs: number,
): Promise<LoggedIn> {
  const verified = await services.verifier.verify(new Token(token), services.directory.snapshot().authEpoch, nowMs);
  if (verified.kind === 'rejected') return verified;
  const { claims } = verified;
  if (claims.kind !== 'registry-refresh') return wrongKind(claims, 'registry-refresh');
  const refusal = checkRegistryToken(claims, view, nowMs);
  return refusal ?? { kind: 'logged-in', identity: claims.identity };
}

interface Issue {
  readonly identity: Identity;
  readonly scopes: TokenRequest['scopes'];
  readonly view: RegistryView;
  readonly nowMs: number;
}

async function issue(services: AuthServices, { identity, scopes, view, nowMs }: Issue): Promise<Reply> {
  const rights = rightsOf(identity, { directory: services.directory.snapshot(), view, nowMs });
  if (rights.kind === 'rejected') return unauthorized(rights, view);
  const access = narrow(scopes, rights.grant);
  const accessToken = await signAccessToken({ keys: services.keys, view, identity, nowMs }, access);
  return okJson({ access_token: accessToken, expires_in: ACCESS_TOKEN_LIFETIME_MS / 1000 }, NO_STORE);
}

/** A request for another registry's token; one that names none means the registry it was sent to. */
function wrongService(service: string | undefined, view: RegistryView): Reply | undefined {
  if (service === undefined || service.toLowerCase() === view.loginServer) return undefined;
  const message = `service is ${JSON.stringify(service)}, and this is ${view.loginServer}: ask there, or leave service out`;
  return refuse({ code: 'REQUEST_INVALID', message });
}

function unauthorized(rejection: Rejection, view: RegistryView): Reply {
  return refuse(
    { code: 'UNAUTHORIZED', message: rejection.message },
    { 'www-authenticate': `Basic realm="${view.loginServer}"` },
  );
}
