import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A plain HTTP server on a free loopback port, for tests of what stands right above node:http. */
export interface HttpListener extends AsyncDisposable {
  readonly port: number;
}

/** Starts one; `listener` gets every request, also those that wait for `100 Continue`. */
export async function listenHttp(listener: RequestListener): Promise<HttpListener> {
  const server = createServer(listener).on('checkContinue', listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
