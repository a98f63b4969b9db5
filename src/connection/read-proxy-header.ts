import type { Socket } from 'node:net';
import { type ProxyHeader, readProxyHeader } from './proxy-protocol.ts';

type Whole = Exclude<ProxyHeader, { kind: 'incomplete' }>;

/**
 * Takes the PROXY header off a paused socket and calls `then`; what follows it stays to be read. Destroys a socket whose
 * header is not whole within `timeoutMs`.
 */
export function takeProxyHeader(socket: Socket, timeoutMs: number, then: (header: Whole) => void): void {
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const stop = (): void => clearTimeout(timer);
  let bytes = Buffer.alloc(0);
  const look = (): void => {
    const more: Buffer | null = socket.read();
    if (more === null) return;
    bytes = Buffer.concat([bytes, more]);
    const header = readProxyHeader(bytes);
    if (header.kind === 'incomplete') return;
    stop();
    socket.off('readable', look).off('close', stop).off('end', end);
    socket.pause();
    if ('length' in header && header.length < bytes.length) socket.unshift(bytes.subarray(header.length));
    then(header);
  };
  const end = (): void => void socket.destroy();
  socket.on('readable', look).once('close', stop).once('end', end);
}
