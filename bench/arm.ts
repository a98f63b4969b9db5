import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from './client.ts';

/** What a running server says of itself, as far as it is needed here. */
export interface ServerState {
  readonly control: string;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What a running server says of itself. */
export async function readState(path: string): Promise<ServerState> {
  return JSON.parse(await readFile(join(path, 'data', 'run', 'seawall.json'), 'utf8'));
}

/** A token for the management API. */
export async function signIn(
  client: Client,
  { control, tenantId, clientId, clientSecret }: ServerState,
): Promise<string> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope: `${control}/.default` });
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  const body = Buffer.from(form.toString());
  const headers = {
    authorization: `Basic ${basic}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': body.length,
  };
  const answer = await client.read({
    method: 'POST',
    url: `${control}/${tenantId}/oauth2/v2.0/token`,
    headers,
    body: [body],
  });
  return `Bearer ${JSON.parse(answer.toString('utf8')).access_token}`;
}

/** Changes the rules of the registry, through the management API. */
export async function patcher(path: string, client: Client): Promise<(networkRuleSet: object) => Promise<unknown>> {
  const running = await readState(path);
  const authorization = await signIn(client, running);
  const group = `${running.control}/subscriptions/${running.subscriptionId}/resourceGroups/seawall`;
  const url = `${group}/providers/Microsoft.ContainerRegistry/registries/benchmark?api-version=2021-08-01-preview`;
  return (networkRuleSet) => {
    const body = JSON.stringify({ properties: { networkRuleSet } });
    const headers = { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    return client.read({ method: 'PATCH', url, headers, body: [Buffer.from(body)] });
  };
}
