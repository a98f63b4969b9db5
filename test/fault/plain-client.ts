import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Login } from '../../src/testkit/login.ts';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';
import type { Arm } from '../management/arm.ts';
import type { Answer, Ask } from '../registry/client.ts';
import type { Sender } from './content-check.ts';

const AGENT = new Agent({ keepAlive: true });

/** Talks to a registry without TLS, so that a record of system calls shows when it was answered; `port`: by another way in. */
export function plainSender(seawall: TestSeawall, registry: string, port?: number): Sender {
  return {
    send: (method, path, ask = {}) => {
      const { authorization = basicOf(seawall.admin(registry)) } = ask;
      return send(port ?? seawall.port, { host: seawall.host(registry), method, path }, { ...ask, authorization });
    },
  };
}

function basicOf({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Signs in to the management API as the owner, without TLS; `way`: by another port. */
export async function plainArm(seawall: TestSeawall, way?: number): Promise<Arm> {
  const { host, port: own } = new URL(seawall.control);
  const port = way ?? own;
  const { tenantId, clientId, clientSecret = '', control, subscriptionId } = seawall.state;
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const signedIn = await send(
    Number(port),
    { host, method: 'POST', path: `/${tenantId}/oauth2/v2.0/token` },
    {
      body: new URLSearchParams({ ...form, scope: `${control}/.default` }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
  );
  const { access_token: token } = JSON.parse(signedIn.body.toString()) as { readonly access_token: string };
  const ask: Arm['ask'] = async (method, path, body, { apiVersion = '2021-04-01' } = {}) => {
    const answer = await send(
      Number(port),
      { host, method, path: `${path}?api-version=${apiVersion}` },
      {
        authorization: `Bearer ${token}`,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
    );
    const text = answer.body.toString();
    return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) };
  };
  return {
    subscription: `/subscriptions/${subscriptionId}`,
    ask,
    must: async (method, path, body, options) => {
      const answer = await ask(method, path, body, options);
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.json();
    },
  };
}

async function send(
  port: number,
  { host, ...target }: { readonly host: string; readonly method: string; readonly path: string },
  { headers = {}, body, authorization = '' }: Ask,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const given = { host, ...(authorization === '' ? {} : { authorization }), ...headers };
  const sent = request({ ...target, host: '127.0.0.1', port, agent: AGENT, headers: given }, (response) => {
    const { statusCode: status = 0 } = response;
    buffer(response).then((bytes) => resolve({ status, headers: response.headers, body: bytes }), reject);
  });
  sent.on('error', reject);
  sent.end(Array.isArray(body) ? Buffer.concat(body.map((piece) => Buffer.from(piece))) : body);
  return promise;
}
