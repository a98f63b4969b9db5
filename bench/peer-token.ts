import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../test/client/process.ts';
import { REPOSITORIES } from './repositories.ts';

/** A key with its own certificate for 127.0.0.1: peers serve TLS with it, and trust tokens that it signed. */
export interface Trust {
  readonly certificate: string;
  readonly key: string;
}

export const ISSUER = 'bench';
export const SERVICE = 'bench';

/** Makes key and certificate in a folder, by openssl: P-256, as Seawall's own. */
export async function makeTrust(folder: string): Promise<Trust> {
  const trust = { certificate: join(folder, 'peer.crt'), key: join(folder, 'peer.key') };
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const out = ['-keyout', trust.key, '-out', trust.certificate];
  const made = await run([
    ...(['openssl', 'req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] as const),
    ...subject,
    ...out,
  ]);
  if (made.code !== 0) throw new Error(`openssl made no certificate: ${made.stderr}`);
  return trust;
}

/** A bearer token as docker's token servers issue them, for everything that rows do: ES256 with the certificate in it. */
export async function tokenOf({ certificate, key }: Trust): Promise<string> {
  const { raw } = new X509Certificate(await readFile(certificate));
  const header = { typ: 'JWT', alg: 'ES256', x5c: [raw.toString('base64')] };
  const nowS = Math.floor(Date.now() / 1000);
  const times = { iat: nowS - 5, nbf: nowS - 5, exp: nowS + 6 * 3600, jti: randomUUID() };
  const repositories = REPOSITORIES.map((name) => ({ type: 'repository', name, actions: ['pull', 'push', 'delete'] }));
  const access = [...repositories, { type: 'registry', name: 'catalog', actions: ['*'] }];
  const claims = { iss: ISSUER, sub: 'bench', aud: SERVICE, ...times, access };
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signer = { key: createPrivateKey(await readFile(key)), dsaEncoding: 'ieee-p1363' } as const;
  return `${signed}.${sign('sha256', Buffer.from(signed), signer).toString('base64url')}`;
}
