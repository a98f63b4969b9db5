import type { Socket } from 'node:net';

/** What a connection begins with: a TLS handshake record (RFC 8446, section 5.1) or anything else. */
export type FirstByte = 'tls' | 'plain';

const HANDSHAKE_RECORD = 0x16;

/**
 * Calls `then` once a paused socket has sent its first byte; every byte stays to be read. Destroys a socket that sends
 * none within `timeoutMs`.
 */
export function sniff(socket: Socket, timeoutMs: number, then: (first: FirstByte) => void): void {
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const stop = (): void => clearTimeout(timer);
  const look = (): void => {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) return;
    stop();
    socket.off('readable', look).off('close', stop);
    socket.pause();
    socket.unshift(bytes);
    then(bytes[0] === HANDSHAKE_RECORD ? 'tls' : 'plain');
  };
  socket.on('readable', look).once('close', stop);
  socket.once('end', () => socket.destroy());
}
