import { compare } from './compare.ts';
import type { Figure, Row } from './figure.ts';
import { installPackages } from './packages.ts';
import { peerRegistries } from './peer-registry.ts';
import { seawall } from './seawall.ts';
import { type Field, startField, type Subject } from './subject.ts';
import { headLoad, wrk } from './tools.ts';
import { MANIFEST_TYPE, pushBlob, pushConfig, pushManifest, Wire } from './wire.ts';

const CONNECTIONS = 32;
const LAYERS = 8;
const TARGETS = { 'docker-registry': 15, zot: 3, distribution: 3 };

/** A manifest by tag and by digest, GET and HEAD, with a token, over 32 connections. */
export const manifest: Row = {
  name: 'manifest',
  measure: ({ quick }) => measure(quick),
};

const FORMS = [
  { method: 'GET', by: 'tag' },
  { method: 'HEAD', by: 'tag' },
  { method: 'GET', by: 'digest' },
  { method: 'HEAD', by: 'digest' },
] as const;

async function measure(quick: boolean): Promise<readonly Figure[]> {
  await installPackages(['wrk']);
  await using field = await startField([seawall, ...peerRegistries()], 'plain');
  const digest = await pushEverywhere(field);
  const figures: Figure[] = [];
  for (const { method, by } of FORMS) {
    const path = `/v2/hot/manifests/${by === 'tag' ? 'v1' : digest}`;
    const load = { path, accept: MANIFEST_TYPE, connections: CONNECTIONS, seconds: quick ? 1 : 2 };
    const once = async ({ origin }: Subject) => {
      const { rate, requests } = await (method === 'HEAD' ? headLoad : wrk)(origin, load);
      return { value: rate, pieces: requests };
    };
    const what = `${method} by ${by}`;
    const shape = { unit: 'req/s', rounds: quick ? 1 : 3, better: 'more', piece: 'request' } as const;
    figures.push(...(await compare(field, { what, ...shape, targets: TARGETS, once })));
  }
  return figures;
}

/** Pushes one image everywhere; answers its digest. */
export async function pushEverywhere({ subjects }: Field): Promise<string> {
  const digests = await Promise.all(subjects.map(pushImage));
  return digests[0] ?? '';
}

async function pushImage({ origin }: Subject): Promise<string> {
  using wire = await Wire.open(origin);
  const config = await pushConfig(wire, 'hot');
  const layers = [];
  for (let i = 0; i < LAYERS; i += 1) layers.push(await pushBlob(wire, 'hot', Buffer.alloc(1000, i)));
  return await pushManifest(wire, { repository: 'hot', reference: 'v1' }, { config, layers });
}
