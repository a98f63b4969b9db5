import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import type { DirectorySnapshot, FederatedCredential } from '../directory/port.ts';
import { isJsonObject } from '../oci/descriptor.ts';

/** How long an issuer's keys are remembered, in ms. */
const KEYS_LIFETIME_MS = 10 * 60_000;
/** How many issuers are remembered. */
const ISSUERS = 100;
/** How far clocks may differ, in s. */
const SKEW_S = 30;
const MAX_ASSERTION_LENGTH = 16 * 1024;
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Reads a JSON document of an outside issuer; throws an Error whose message says why it cannot. */
export type FetchJson = (url: URL) => Promise<unknown>;

/** What came of an assertion. */
export type Federated =
  | { readonly kind: 'proved'; readonly credential: FederatedCredential }
  | { readonly kind: 'refused'; readonly why: string };

/** Checks assertions of outside issuers (RFC 7523 §3; learn.microsoft.com/entra/workload-id/workload-identity-federation). */
export interface Federation {
  /** Whether an assertion is what one of an application's federated credentials asks for, signed by its issuer, and in time. */
  prove(directory: DirectorySnapshot, clientId: string, assertion: string, nowMs: number): Promise<Federated>;
}

/** Makes a checker with a cache of issuers' keys of its own. Only issuers that a credential names are ever asked. */
export function createFederation(fetchJson: FetchJson): Federation {
  const keys = new IssuerKeys(fetchJson);
  return {
    prove: async (directory, clientId, assertion, nowMs) => {
      const claimed = assertion.length > MAX_ASSERTION_LENGTH ? undefined : readClaims(assertion);
      if (claimed === undefined) return refused('the assertion is not a JSON Web Token');
      const credential = directory.federatedCredentials(clientId).find((one) => matches(one, claimed));
      if (credential === undefined) return refused(noMatch(claimed));
      const verified = await verify(keys, { credential, assertion, nowMs });
      return verified === undefined ? { kind: 'proved', credential } : refused(verified);
    },
  };
}

interface Claims {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

function readClaims(assertion: string): Claims | undefined {
  try {
    const { iss, sub, aud } = decodeJwt(assertion);
    if (typeof iss !== 'string' || typeof sub !== 'string') return undefined;
    return { issuer: iss, subject: sub, audiences: typeof aud === 'string' ? [aud] : (aud ?? []) };
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

function matches({ issuer, subject, audience }: FederatedCredential, claims: Claims): boolean {
  return issuer === claims.issuer && subject === claims.subject && claims.audiences.includes(audience);
}

function noMatch({ issuer, subject, audiences }: Claims): string {
  return (
    `No matching federated identity record found for presented assertion. Assertion Issuer: '${issuer}'. ` +
    `Assertion Subject: '${subject}'. Assertion Audience: '${audiences.join(' ')}'. ` +
    'Check that the federated credential says exactly these'
  );
}

async function verify(
  keys: IssuerKeys,
  {
    credential,
    assertion,
    nowMs,
  }: { readonly credential: FederatedCredential; readonly assertion: string; readonly nowMs: number },
): Promise<string | undefined> {
  const { issuer, subject, audience } = credential;
  const options = {
    issuer,
    subject,
    audience,
    algorithms: ALGORITHMS,
    clockTolerance: SKEW_S,
    currentDate: new Date(nowMs),
    requiredClaims: ['exp'],
  };
  for (const again of [false, true]) {
    const set = await keys.of(issuer, { nowMs, again });
    if (typeof set === 'string') return set;
    try {
      await jwtVerify(assertion, createLocalJWKSet(set), options);
      return undefined;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      // The issuer may have a new key since it was asked.
      if (!(error instanceof errors.JWKSNoMatchingKey) || again) return `the assertion is not valid: ${error.message}`;
    }
  }
  return undefined;
}

interface Kept {
  readonly set: JSONWebKeySet;
  readonly fetchedMs: number;
}

/** The keys of issuers, as their own documents name them (OpenID Connect Discovery 1.0 §4). */
class IssuerKeys {
  readonly #fetchJson: FetchJson;
  readonly #kept = new Map<string, Kept>();

  constructor(fetchJson: FetchJson) {
    this.#fetchJson = fetchJson;
  }

  /** The keys, or why there are none. `again`: those that are remembered do not do. */
  async of(
    issuer: string,
    { nowMs, again }: { readonly nowMs: number; readonly again: boolean },
  ): Promise<JSONWebKeySet | string> {
    const kept = this.#kept.get(issuer);
    if (kept !== undefined && !again && nowMs - kept.fetchedMs < KEYS_LIFETIME_MS) return kept.set;
    try {
      const set = await this.#fetch(issuer);
      const [oldest] = this.#kept.keys();
      if (this.#kept.size >= ISSUERS && oldest !== undefined) this.#kept.delete(oldest);
      this.#kept.set(issuer, { set, fetchedMs: nowMs });
      return set;
    } catch (error) {
      return `the keys of the issuer ${issuer} cannot be had: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  async #fetch(issuer: string): Promise<JSONWebKeySet> {
    const document = await this.#fetchJson(urlOf(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`));
    if (!isJsonObject(document) || document['issuer'] !== issuer)
      throw new Error('its openid-configuration is of another issuer');
    const { jwks_uri: uri } = document;
    const set = await this.#fetchJson(urlOf(typeof uri === 'string' ? uri : ''));
    if (!isJsonObject(set) || !Array.isArray(set['keys'])) throw new Error('its jwks_uri is no set of keys');
    return { keys: set['keys'] };
  }
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:') throw new Error(`${text.slice(0, 200)} is not an https URL`);
  return url;
}

function refused(why: string): Federated {
  return { kind: 'refused', why };
}
