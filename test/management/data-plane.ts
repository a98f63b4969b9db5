import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';

/** One request to a registry. */
export interface RegistryAsk {
  readonly auth?: string;
  readonly body?: string;
}

/** Names of registries are this machine, whatever the system resolves. */
const toLoopback: LookupFunction = (_, options, done) => {
  if (options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
};

/** The status and `Location` of a registry's answer. */
export async function askRegistry(
  seawall: TestSeawall,
  registry: string,
  [method, path]: readonly [string, string],
  { auth, body = '' }: RegistryAsk = {},
): Promise<{ readonly status: number; readonly location: string | undefined }> {
  const ca = await readFile(seawall.ca);
  const { promise, resolve, reject } = Promise.withResolvers<{
    readonly status: number;
    readonly location: string | undefined;
  }>();
  const headers = { 'content-type': 'application/octet-stream', 'content-length': Buffer.byteLength(body) };
  const sent = request(
    new URL(path, seawall.url(registry)),
    { method, ca, agent: false, headers, lookup: toLoopback, ...(auth === undefined ? {} : { auth }) },
    (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
    },
  );
  sent.on('error', reject).end(body);
  return promise;
}
