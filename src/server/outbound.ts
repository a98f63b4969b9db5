import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { getCACertificates } from 'node:tls';
import type { Config } from '../config/config.ts';
import { parsePrefix, type Prefix } from '../network/prefix.ts';
import { openDoor, type OutboundDoor, readAnswer } from '../outbound/door.ts';
import { type OutboundPolicy, readAddresses } from '../outbound/policy.ts';
import { StartRefusedError } from './ready.ts';

/** The one way out of this server. Throws {@link StartRefusedError} when the file of authorities cannot be read. */
export async function outboundDoor(
  config: Pick<Config, 'outboundAllow' | 'outboundCa' | 'publicPrefix'>,
): Promise<OutboundDoor> {
  const allowed = config.outboundAllow.flatMap(prefixOf);
  const allowedHosts = config.outboundAllow.filter((text) => !text.includes('/'));
  const lab = prefixOf(config.publicPrefix);
  const policy = (): OutboundPolicy => ({ allowed, allowedHosts, lab, own: ownAddresses() });
  const { outboundCa } = config;
  return openDoor(policy, outboundCa === undefined ? {} : { ca: await authorities(outboundCa) });
}

function prefixOf(text: string): readonly Prefix[] {
  const parsed = parsePrefix(text);
  switch (parsed.kind) {
    case 'parsed':
      return [parsed.prefix];
    case 'host-bits':
      return [parsed.enclosing];
    case 'malformed':
      return [];
  }
}

function ownAddresses(): OutboundPolicy['own'] {
  return readAddresses(
    Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
  );
}

/** The system's authorities with those of the file. */
async function authorities(path: string): Promise<readonly string[]> {
  try {
    return [...getCACertificates('default'), await readFile(path, 'utf8')];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartRefusedError(`outboundCa: ${path} cannot be read: ${why}`, { cause: error });
  }
}

/** The largest document that is read, in bytes: Azure's bound for templates. */
const DOCUMENT_BYTES = 4 * 1024 * 1024;

/** Reads a JSON document through the door. Throws an Error whose message says why it cannot. */
export async function fetchJson(door: OutboundDoor, url: URL): Promise<unknown> {
  const headers = { accept: 'application/json' };
  const answer = await door.send({ method: 'GET', url, headers, timeoutMs: 10_000, redirects: 'refuse' });
  const body = await readAnswer(answer, DOCUMENT_BYTES);
  if (answer.status !== 200) throw new Error(`${url.origin} answered ${answer.status}`);
  return JSON.parse(body.toString('utf8')) as unknown;
}
