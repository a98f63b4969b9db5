/** Runs in a router's namespace for some ms: opens its sockets, hands them over, and ends. */
import type { SendHandle } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import type { Purpose } from '../message.ts';
import { METADATA, OUTSIDE, OUTSIDE_HTTPS_PORT, PACKAGES_PORT } from '../inner-address.ts';
import type { ChildSaid } from './open-sockets.ts';

// Without this a killed parent would leave a child that accepts for nobody (facts/lab.md §1).
process.on('disconnect', () => process.exit(0));

const DNS = '168.63.129.16';
const say = (said: ChildSaid, socket?: SendHandle): void => {
  process.send?.(said, socket, { keepOpen: false });
};
const fail = (error: Error): void => {
  say({ error: error.message });
};

function listen(purpose: Exclude<Purpose, 'dns-udp'>, host: string, port: number): void {
  const server: Server = createServer({ pauseOnConnect: true });
  server.on('error', fail);
  server.listen({ host, port, backlog: 511 }, () => say({ purpose }, server));
}

listen('registry', '0.0.0.0', Number(process.argv[2]));
listen('dns-tcp', DNS, 53);
listen('metadata', METADATA, 80);
listen('outside-http', OUTSIDE, 80);
listen('outside-https', OUTSIDE, OUTSIDE_HTTPS_PORT);
listen('packages', OUTSIDE, PACKAGES_PORT);
// A socket for any address would answer from the wrong one (facts/lab.md §1).
const udp = createSocket('udp4');
udp.on('error', fail);
udp.bind({ address: DNS, port: 53 }, () => say({ purpose: 'dns-udp' }, udp));
