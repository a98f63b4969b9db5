import { formatAddress } from '../network/address.ts';
import type { Attachment, NetworkFacts } from '../network/facts.ts';

/**
 * What tells clients apart when their shares are counted: the network they come by and their address, the one that a
 * listed proxy says where there is one. Of IPv6 the first 64 bits count, as one host has as many addresses as it likes.
 */
export function clientKey({ attachment, remote }: NetworkFacts, remoteAddress: string): string {
  const by = networkKey(attachment);
  if (remote === undefined) return `${by} ${remoteAddress}`;
  const [high = 0, low = 0] = remote.words;
  return remote.family === 4 ? `${by} ${formatAddress(remote)}` : `${by} ${high.toString(16)}:${low.toString(16)}::`;
}

function networkKey(attachment: Attachment): string {
  switch (attachment.kind) {
    case 'internet':
      return 'internet';
    case 'virtual-network':
      return attachment.network;
    case 'subnet':
      return attachment.subnet;
    case 'private-endpoint':
      return attachment.endpoint;
    case 'trusted-service':
      return attachment.service;
  }
}
