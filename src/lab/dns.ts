import type { RemoteInfo, Socket as DatagramSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import packet, { type Answer, type Packet, type Question } from 'dns-packet';

/** What a name stands for in one virtual network. */
export type Resolved =
  | { readonly kind: 'records'; readonly records: readonly Answer[] }
  | { readonly kind: 'unknown' }
  /** Whoever was to be asked gives no answer. */
  | { readonly kind: 'failed' };

/** Looks a name up as a virtual network sees it. */
export type Resolve = (question: Question) => Promise<Resolved>;

const NAME_UNKNOWN = 3;
const FAILED = 2;
/** The longest answer by UDP without the client having said that it takes more (RFC 1035, section 4.2.1). */
const UDP_MOST = 512;
const TRUNCATED = 1 << 9;

/** Answers DNS on a router's UDP socket. */
export function serveUdp(socket: DatagramSocket, resolve: Resolve): void {
  socket.on('error', () => undefined);
  socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
    void answerTo(bytes, resolve).then((reply) => {
      if (reply === undefined) return;
      const whole = packet.encode(reply);
      const sent =
        whole.length <= UDP_MOST
          ? whole
          : packet.encode({ ...reply, answers: [], flags: (reply.flags ?? 0) | TRUNCATED });
      socket.send(sent, from.port, from.address, () => undefined);
    });
  });
}

/** How long a connection may wait for its next question, in ms. */
const IDLE_MS = 10_000;

/** Answers DNS on a router's TCP socket: each message after its length in two bytes. */
export function serveTcp(server: Server, resolve: Resolve): void {
  server.on('error', () => undefined);
  server.on('connection', (socket: Socket) => {
    let bytes = Buffer.alloc(0);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (more: Buffer) => {
      bytes = Buffer.concat([bytes, more]);
      while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
        const end = 2 + bytes.readUInt16BE(0);
        const message = bytes.subarray(2, end);
        bytes = bytes.subarray(end);
        void answerTo(message, resolve).then((reply) =>
          reply === undefined ? socket.destroy() : socket.write(packet.streamEncode(reply)),
        );
      }
    });
    socket.resume();
  });
}

/** The answer to one message; `undefined` for what is no question. */
async function answerTo(bytes: Buffer, resolve: Resolve): Promise<Packet | undefined> {
  const asked = read(bytes);
  const [question] = asked?.questions ?? [];
  if (asked?.type !== 'query' || question === undefined || asked.questions?.length !== 1) return undefined;
  const found = await resolve(question).catch((): Resolved => ({ kind: 'failed' }));
  const code = found.kind === 'records' ? 0 : found.kind === 'unknown' ? NAME_UNKNOWN : FAILED;
  return {
    type: 'response',
    id: asked.id ?? 0,
    flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | code,
    questions: [question],
    answers: found.kind === 'records' ? [...found.records] : [],
  };
}

function read(bytes: Buffer): Packet | undefined {
  try {
    return packet.decode(bytes);
  } catch {
    return undefined;
  }
}
