import { fork } from 'node:child_process';
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { METADATA, OUTSIDE, OUTSIDE_HTTPS_PORT, PACKAGES_PORT } from '../inner-address.ts';
import type { Purpose } from '../message.ts';

const CHILD = fileURLToPath(new URL('listen-child.ts', import.meta.url));
const DNS = '168.63.129.16';

/** A socket to open in a namespace. */
export interface WantedSocket {
  readonly purpose: Purpose;
  readonly kind: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
}

/** What the child in the namespace says of each socket. */
export type ChildSaid = { readonly purpose: Purpose } | { readonly error: string };

/** The sockets of a router: of the registry, which listens on this port, of DNS, and those on inner addresses. */
export function routerSockets(port: number): readonly WantedSocket[] {
  return [
    { purpose: 'registry', kind: 'tcp', host: '0.0.0.0', port },
    { purpose: 'dns-tcp', kind: 'tcp', host: DNS, port: 53 },
    { purpose: 'metadata', kind: 'tcp', host: METADATA, port: 80 },
    { purpose: 'outside-http', kind: 'tcp', host: OUTSIDE, port: 80 },
    { purpose: 'outside-https', kind: 'tcp', host: OUTSIDE, port: OUTSIDE_HTTPS_PORT },
    { purpose: 'packages', kind: 'tcp', host: OUTSIDE, port: PACKAGES_PORT },
    // A socket for any address would answer from the wrong one (facts/lab.md §1).
    { purpose: 'dns-udp', kind: 'udp', host: DNS, port: 53 },
  ];
}

/**
 * Opens sockets in a namespace by a child that lives there until they are handed over (facts/lab.md §1). Throws when one
 * cannot be opened.
 */
export async function openSockets(
  namespace: string,
  wanted: readonly WantedSocket[],
  take: (purpose: Purpose, socket: Server | DatagramSocket) => Promise<void>,
): Promise<void> {
  const child = fork(CHILD, [JSON.stringify(wanted)], {
    execPath: 'ip',
    execArgv: ['netns', 'exec', namespace, process.execPath],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let taken = 0;
  child.on('message', (said: ChildSaid, socket) => {
    if ('error' in said) return reject(new Error(`cannot listen in ${namespace}: ${said.error}`));
    // What the child sends with each purpose is the socket for it.
    void take(said.purpose, socket as unknown as Server | DatagramSocket).then(() => {
      taken += 1;
      if (taken === wanted.length) child.disconnect();
    });
  });
  child.on('error', reject);
  child.on('exit', (code) =>
    taken === wanted.length ? resolve() : reject(new Error(`${namespace}: the listener ended with ${code}`)),
  );
  await promise;
}
