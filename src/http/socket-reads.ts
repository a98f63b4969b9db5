/**
 * What node keeps to itself and the reading of large bodies needs: where a socket's next read goes, and the place of its
 * HTTP parser in a body. Everything here asks first whether it is there; where it is not, bodies are read as ever.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Where the bytes of a socket go. */
export interface ReadTarget {
  /** Memory for the next read; `undefined` where there is none at the moment. */
  memory(): Uint8Array | undefined;
  /** So many bytes were read into what `memory` answered last. */
  read(bytes: number): void;
  /** Bytes that came where there was no memory, to be copied at once; answers those of them that are not its own. */
  readElsewhere(bytes: Uint8Array): Uint8Array;
}

/** The parser of a request's connection, at its place within the body. */
export interface BodyParser {
  /** Goes on as if so many bytes of the body had come. */
  skip(bytes: number): void;
}

/** The node whose insides are known here, as the tests hold them; another may have the same names for other things. */
const KNOWN_NODE = /^v26\./;

const SHARED_BYTES = 64 * 1024;
/** Where sockets read that have no target: it is copied out before the next read of any. */
const elsewhere = Buffer.allocUnsafeSlow(SHARED_BYTES);

interface Handle {
  useUserBuffer(buffer: Uint8Array): void;
}

type Symbols = Readonly<Record<'kBuffer' | 'kBufferCb' | 'kBufferGen', symbol>>;

const known = new WeakMap<Socket, SocketReads>();

/**
 * Has a socket read into a target's memory from now on; the function it answers ends that. `undefined` where this node
 * cannot, and nothing has changed.
 */
export function readInto(socket: Socket, target: ReadTarget): (() => void) | undefined {
  const reads = known.get(socket) ?? install(socket);
  return reads?.begin(target);
}

function install(socket: Socket): SocketReads | undefined {
  const symbols = symbolsOf(socket);
  const handle = handleOf(socket);
  if (!KNOWN_NODE.test(process.version) || symbols === undefined || handle === undefined) return undefined;
  // node:http reads past the socket's stream until somebody listens there.
  const nobody = (): void => undefined;
  socket.on('data', nobody).off('data', nobody);
  const reads = new SocketReads(socket, symbols);
  known.set(socket, reads);
  return reads;
}

/** The reads of one socket, from its first large body on: into memory of the one that is being read, else copied and pushed to its stream. */
class SocketReads {
  readonly #socket: Socket;
  readonly #symbols: Symbols;
  #target: ReadTarget | undefined;
  /** Whether a read is being told of, after which node asks where the next one goes. */
  #telling = false;

  constructor(socket: Socket, symbols: Symbols) {
    this.#socket = socket;
    this.#symbols = symbols;
    Object.assign(socket, {
      [symbols.kBufferCb]: (bytes: number, memory: Uint8Array) => this.#take(memory.subarray(0, bytes)),
      [symbols.kBufferGen]: () => this.#next(),
    });
    this.#readElsewhere();
  }

  begin(target: ReadTarget): (() => void) | undefined {
    if (this.#target !== undefined) return undefined;
    this.#target = target;
    return () => {
      if (this.#target !== target) return;
      this.#target = undefined;
      if (!this.#telling) this.#readElsewhere();
    };
  }

  /** The memory of the last target is another's soon: not one read more may go there. */
  #readElsewhere(): void {
    Object.assign(this.#socket, { [this.#symbols.kBuffer]: elsewhere });
    handleOf(this.#socket)?.useUserBuffer(elsewhere);
  }

  #next(): Uint8Array {
    this.#telling = false;
    return this.#target?.memory() ?? elsewhere;
  }

  /** Whether the socket may go on reading. */
  #take(bytes: Uint8Array): boolean {
    this.#telling = true;
    if (bytes.buffer !== elsewhere.buffer) {
      this.#target?.read(bytes.length);
      return true;
    }
    const rest = this.#target === undefined ? bytes : this.#target.readElsewhere(bytes);
    return rest.length === 0 || this.#socket.push(Buffer.from(rest));
  }
}

function handleOf(socket: Socket): Handle | undefined {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  const isOne = typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle;
  return isOne && typeof handle.useUserBuffer === 'function' ? (handle as Handle) : undefined;
}

function symbolsOf(socket: Socket): Symbols | undefined {
  const own = Object.getOwnPropertySymbols(socket);
  const named = (name: string) => own.find(({ description }) => description === name);
  const [kBuffer, kBufferCb, kBufferGen] = [named('kBuffer'), named('kBufferCb'), named('kBufferGen')];
  if (kBuffer === undefined || kBufferCb === undefined || kBufferGen === undefined) return undefined;
  return { kBuffer, kBufferCb, kBufferGen };
}

interface NodeParser {
  [callback: number]: unknown;
  readonly incoming: unknown;
  execute(bytes: Buffer): number | Error;
}

/** Bytes without meaning, by which a parser is told that a body went on. */
const FILLING = Buffer.alloc(1024 * 1024);

/** The parser that is within the body of a request; `undefined` where this node has none of the kind known here. */
export function bodyParserOf(request: IncomingMessage): BodyParser | undefined {
  const parser: unknown = 'parser' in request.socket ? request.socket.parser : undefined;
  if (!isParser(parser) || parser.incoming !== request) return undefined;
  const onBody: unknown = 'kOnBody' in parser.constructor ? parser.constructor.kOnBody : undefined;
  if (typeof onBody !== 'number' || typeof parser[onBody] !== 'function') return undefined;
  return { skip: (bytes) => skip(parser, onBody, bytes) };
}

function isParser(parser: unknown): parser is NodeParser {
  return typeof parser === 'object' && parser !== null && 'execute' in parser && typeof parser.execute === 'function';
}

/** Without the function that is called with a body's bytes, the parser counts them and nothing else. */
function skip(parser: NodeParser, onBody: number, bytes: number): void {
  const { [onBody]: told } = parser;
  parser[onBody] = undefined;
  try {
    for (let left = bytes; left > 0; left -= FILLING.length) {
      const parsed = parser.execute(left < FILLING.length ? FILLING.subarray(0, left) : FILLING);
      if (typeof parsed !== 'number') throw parsed;
    }
  } finally {
    parser[onBody] = told;
  }
}
