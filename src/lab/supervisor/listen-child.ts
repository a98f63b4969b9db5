/** Runs in a namespace for some ms: opens sockets there, hands them over, and ends. */
import type { SendHandle } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import type { ChildSaid, WantedSocket } from './open-sockets.ts';

// Without this a killed parent would leave a child that accepts for nobody (facts/lab.md §1).
process.on('disconnect', () => process.exit(0));

const say = (said: ChildSaid, socket?: SendHandle): void => {
  process.send?.(said, socket, { keepOpen: false });
};
const fail = (error: Error): void => {
  say({ error: error.message });
};

function listen({ purpose, host, port }: WantedSocket): void {
  const server: Server = createServer({ pauseOnConnect: true });
  server.on('error', fail);
  server.listen({ host, port, backlog: 511 }, () => say({ purpose }, server));
}

function bind({ purpose, host, port }: WantedSocket): void {
  const socket = createSocket('udp4');
  socket.on('error', fail);
  socket.bind({ address: host, port }, () => say({ purpose }, socket));
}

// The parent writes what it wants as JSON of this type.
const wanted = JSON.parse(process.argv[2] ?? '[]') as readonly WantedSocket[];
for (const one of wanted) (one.kind === 'udp' ? bind : listen)(one);
