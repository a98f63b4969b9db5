/** A process of its own: HEAD requests over kept connections, each as soon as the answer before has come. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as passing } from 'node:timers/promises';

const [port = '', connections = '', ms = '', head = ''] = process.argv.slice(2);
const END = Buffer.from('\r\n\r\n');
const OK = Buffer.from('HTTP/1.1 200');
let answered = 0;
const sockets = Array.from({ length: Number(connections) }, () => connect({ port: Number(port), noDelay: true }));
await Promise.all(sockets.map((socket) => once(socket, 'connect')));
const startedMs = performance.now();
for (const socket of sockets) {
  socket.on('data', (bytes: Buffer) => {
    if (!bytes.subarray(0, 12).equals(OK)) throw new Error(`answered ${bytes.toString('latin1', 0, 200)}`);
    // An answer to HEAD has no body: it ends where its head does, and a small one comes whole.
    if (!bytes.subarray(-4).equals(END)) throw new Error('an answer came in pieces');
    answered += 1;
    socket.write(head);
  });
  socket.write(head);
}
await passing(Number(ms));
process.stdout.write(JSON.stringify({ requests: answered, rate: (answered / (performance.now() - startedMs)) * 1000 }));
process.exit(0);
