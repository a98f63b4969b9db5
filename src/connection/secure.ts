import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';

/**
 * The certificate for a server name (in lower case), or for a client that names none; `undefined` refuses the handshake.
 * Asked anew at each handshake, so that a replaced certificate is shown from the next connection on.
 */
export type SecureContextFor = (serverName: string | undefined) => SecureContext | undefined;

/** What a handshake needs. */
export interface SecureOptions {
  readonly secureContext: SecureContextFor;
  readonly timeoutMs: number;
}

/**
 * Does the server's side of a TLS handshake over an accepted socket and calls `then` when it is done. The socket is
 * wrapped here and not by `https.Server`, which would keep the accepted one, and with it its facts, to itself.
 */
export function secure(socket: Socket, options: SecureOptions, then: (secured: TLSSocket) => void): TLSSocket {
  const unnamed = options.secureContext(undefined);
  const secured = new TLSSocket(socket, {
    isServer: true,
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => {
      const context = options.secureContext(name.toLowerCase());
      if (context === undefined) done(new Error(`no certificate for the server name ${name}`));
      else done(null, context);
    },
    ...(unnamed === undefined ? {} : { secureContext: unnamed }),
  });
  const timer = setTimeout(() => secured.destroy(), options.timeoutMs);
  secured.once('close', () => clearTimeout(timer));
  secured.once('secure', () => {
    clearTimeout(timer);
    then(secured);
  });
  return secured;
}
