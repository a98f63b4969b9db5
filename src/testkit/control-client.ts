import type { IncomingHttpHeaders } from 'node:http';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { TestSeawall } from './start-seawall.ts';

/** A whole answer of the control listener. */
export interface ControlAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  json(): Record<string, unknown>;
}

/** What goes with a request beside method and path. */
export interface ControlAsk {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request to the control listener of a running server. */
export async function askControl(
  seawall: TestSeawall,
  method: string,
  path: string,
  { body, headers = {} }: ControlAsk = {},
): Promise<ControlAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ControlAnswer>();
  const ca = await readFile(seawall.ca);
  const sent = request(new URL(path, seawall.control), { ca, method, headers, agent: false }, (response) => {
    const { statusCode: status = 0, headers: answered } = response;
    text(response).then(
      (whole) => resolve({ status, headers: answered, text: whole, json: () => JSON.parse(whole) }),
      reject,
    );
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

/** A token of the owner for the management API. */
export function ownerToken(seawall: TestSeawall): Promise<string> {
  const { clientId, clientSecret = '' } = seawall.state;
  return tokenOf(seawall, { clientId, secret: clientSecret });
}

/** A token of a service principal for the management API; throws when it is not signed in. */
export async function tokenOf(
  seawall: TestSeawall,
  { clientId, secret }: { readonly clientId: string; readonly secret: string },
): Promise<string> {
  const { tenantId, control } = seawall.state;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: secret,
    scope: `${control}/.default`,
  });
  const answer = await askControl(seawall, 'POST', `/${tenantId}/oauth2/v2.0/token`, {
    body: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  if (answer.status !== 200) throw new Error(`the principal was not signed in: ${answer.text}`);
  return String(answer.json()['access_token']);
}
