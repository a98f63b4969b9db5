import type { ContentEvent } from '../../store/port.ts';

/**
 * What a webhook is told of a change
 * (learn.microsoft.com/azure/container-registry/container-registry-webhook-reference).
 */
export function contentOf({ id, action, repository, digest, tag, mediaType, size, occasion }: ContentEvent): string {
  const isPush = action === 'push';
  return JSON.stringify({
    id,
    timestamp: new Date(occasion.nowMs).toISOString(),
    action,
    target: {
      ...(mediaType === undefined ? {} : { mediaType }),
      ...(isPush && size !== undefined ? { size, length: size } : {}),
      ...(digest === undefined ? {} : { digest }),
      repository: repository.name,
      ...(tag === undefined ? {} : { tag }),
    },
    request: {
      id: occasion.request,
      ...(occasion.address === '' ? {} : { addr: occasion.address }),
      host: occasion.host,
      method: occasion.method,
      useragent: occasion.userAgent,
    },
  });
}

/** What a webhook is told by a ping. */
export function pingOf(id: string, nowMs: number): string {
  return JSON.stringify({ id, timestamp: new Date(nowMs).toISOString(), action: 'ping' });
}
