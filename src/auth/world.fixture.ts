import { EVERYTHING } from '../access/grant.ts';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Directory, Owner } from '../directory/port.ts';
import { openSqliteDirectory } from '../directory/sqlite/directory.ts';
import type { Incoming } from '../http/incoming.ts';
import type { Reply } from '../http/reply.ts';
import { openSecretBox } from '../trust/secret-box.ts';
import { signingKeyFile } from '../trust/signing-key-file.ts';
import { openSigningKeyRing, type SigningKeyRing } from '../trust/signing-key-ring.ts';
import { answerAuthorityToken } from './login-authority.ts';
import { compileRegistryView, type RegistryIdentity, type RegistryView } from './registry-view.ts';
import { type AuthServices, authServices } from './services.ts';
import { answerExchange, answerToken } from './token-endpoint.ts';

/** The moment at which every test starts. */
export const NOW = Date.UTC(2026, 5, 1);
/** The resource of the management API in tests. */
export const ARM = 'https://localhost:8443';

/** Real services over files of their own, with one registry. */
export interface World extends AsyncDisposable {
  readonly services: AuthServices;
  readonly directory: Directory;
  readonly keys: SigningKeyRing;
  readonly owner: Owner & { readonly clientSecret: string };
  readonly registry: RegistryIdentity;
  /** The documents of outside issuers, by their URL. */
  readonly issuers: Map<string, unknown>;
  /** The registry, with these settings changed. */
  view(change?: Partial<RegistryIdentity>): RegistryView;
}

/** Makes a world; its registry `myregistry` has an admin user and the token `ci`, which may pull `team/app`. */
export async function world(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'seawall-'));
  const sealer = await openSecretBox(join(folder, 'secret.key'));
  const onFatal = (error: unknown): never => assert.fail(String(error));
  const directory = openSqliteDirectory(join(folder, 'directory.db'), { sealer, onFatal });
  const keys = await openSigningKeyRing(signingKeyFile(join(folder, 'keys.json')), NOW);
  const owner = await directory.ensureOwner({ keepSecret: true, nowMs: NOW });
  const registry: RegistryIdentity = {
    uid: await directory.ensureRegistry('myregistry', NOW),
    name: 'myregistry',
    loginServer: 'myregistry.azurecr.test',
    adminUserEnabled: true,
    anonymousPullEnabled: false,
    principalGrant: () => EVERYTHING,
    scopeMaps: [{ name: 'app-pull', actions: ['repositories/team/app/content/read'] }],
    tokens: [{ name: 'ci', scopeMap: 'app-pull', status: 'enabled' }],
  };
  const issuers = new Map<string, unknown>();
  return {
    issuers,
    services: authServices({
      fetchJson: async (url) => {
        const document = issuers.get(url.href);
        if (document === undefined) throw new Error('nobody answers');
        return document;
      },
      directory,
      keys,
      authority: { issuerBase: ARM, armAudiences: [ARM], graphAudience: `${ARM}/graph` },
    }),
    directory,
    keys,
    owner: { ...owner, clientSecret: owner.clientSecret ?? '' },
    registry,
    view: (change) => viewOf({ ...registry, ...change }),
    [Symbol.asyncDispose]: async () => {
      directory[Symbol.dispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Compiles a registry that must be sound. */
export function viewOf(registry: RegistryIdentity): RegistryView {
  const compiled = compileRegistryView(registry);
  assert.equal(compiled.kind, 'compiled');
  return compiled.view;
}

/** What a test's request is made of. */
export interface Asked {
  readonly form?: Readonly<Record<string, string>> | URLSearchParams | string;
  readonly query?: string;
  readonly headers?: IncomingHttpHeaders;
  /** Whose address it comes from. */
  readonly from?: object;
}

const SOMEBODY = {};

/** A request; a POST when it has a form. */
export function incoming({ form, query = '', headers = {}, from = SOMEBODY }: Asked): Incoming {
  const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
  return {
    method: form === undefined ? 'GET' : 'POST',
    path: '/',
    query: new URLSearchParams(query),
    headers,
    contentLength: undefined,
    from,
    hold: () => true,
    body: async function* () {
      yield Buffer.from(body);
    },
    bulk() {
      return this.body();
    },
  };
}

/** The value of a Basic header. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The JSON body of an answer. */
export function json(reply: Reply): Readonly<Record<string, unknown>> {
  assert.equal(reply.body.kind, 'bytes');
  return JSON.parse(reply.body.bytes.toString()) as Record<string, unknown>;
}

/** The token in an answer that must be 200. */
export function tokenIn(reply: Reply, name: 'access_token' | 'refresh_token' = 'access_token'): string {
  const token = json(reply)[name];
  assert.equal(reply.status, 200, JSON.stringify(json(reply)));
  assert.ok(typeof token === 'string');
  return token;
}

/** The payload of a token, unverified. */
export function payloadOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

/** An access token of the login authority for its owner. */
export async function armToken(w: World, resource = ARM): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    client_id: w.owner.clientId,
    client_secret: w.owner.clientSecret,
    scope: `${resource}/.default`,
  };
  return tokenIn(await answerAuthorityToken(w.services, incoming({ form }), w.owner.tenantId, NOW));
}

/** A refresh token of the registry for the owner. */
export async function refreshToken(w: World, view = w.view()): Promise<string> {
  const form = { grant_type: 'access_token', service: view.loginServer, access_token: await armToken(w) };
  return tokenIn(await answerExchange(w.services, incoming({ form }), view, NOW), 'refresh_token');
}

/** An access token of the registry for who logs in with Basic. */
export async function accessToken(w: World, authorization: string, scope: string, view = w.view()): Promise<string> {
  const query = new URLSearchParams({ service: view.loginServer, scope }).toString();
  return tokenIn(await answerToken(w.services, incoming({ query, headers: { authorization } }), view, NOW));
}
