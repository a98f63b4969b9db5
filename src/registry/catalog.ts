import { type Reply, okJson, refuse } from '../http/reply.ts';
import type { Call } from './call.ts';
import { nextLink, parsePage } from './page.ts';

/** How many repositories a list has when the client does not say. */
const STANDARD_PAGE = 1000;

/** The repositories of a registry, in byte order. `path` is the one of the two spellings that was asked. */
export function listRepositories(
  path: '/v2/_catalog' | '/acr/v1/_catalog',
): (parameters: object, call: Call) => Promise<Reply> {
  return async (_, call) => {
    const page = parsePage(call.incoming.query, STANDARD_PAGE);
    if ('code' in page) return refuse(page);
    const found = await call.services.metadata.repositories(call.registry.uid, page);
    const repositories = found.items;
    return okJson({ repositories }, nextLink(path, page, found.more ? repositories.at(-1) : undefined));
  };
}
