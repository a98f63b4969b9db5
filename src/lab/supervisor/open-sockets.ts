import { fork } from 'node:child_process';
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Purpose } from '../message.ts';

const CHILD = fileURLToPath(new URL('listen-child.ts', import.meta.url));

/** What the child in the namespace says of each socket. */
export type ChildSaid = { readonly purpose: Purpose } | { readonly error: string };

/**
 * Opens a router's sockets by a child that lives in its namespace until they are handed over (facts/lab.md §1). Throws
 * when one cannot be opened.
 */
export async function openSockets(
  namespace: string,
  port: number,
  take: (purpose: Purpose, socket: Server | DatagramSocket) => Promise<void>,
): Promise<void> {
  const child = fork(CHILD, [String(port)], {
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
      if (taken === PURPOSES) child.disconnect();
    });
  });
  child.on('error', reject);
  child.on('exit', (code) =>
    taken === PURPOSES ? resolve() : reject(new Error(`${namespace}: the listener ended with ${code}`)),
  );
  await promise;
}

/** The registry's socket, DNS by both its protocols, and those on inner addresses. */
const PURPOSES = 7;
