import { once } from 'node:events';
import { type TLSSocket, connect } from 'node:tls';
import type { Client } from './client.ts';
import type { Server } from './server.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';

/** Pushes the hot manifest. */
export async function pushHot(client: Client): Promise<void> {
  const body = [Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }))];
  await client.read({ method: 'PUT', url: '/v2/hot/manifests/v1', headers: { 'content-type': INDEX }, body });
}

/** The head of a request for the hot manifest, with a token. */
export async function headOf(server: Server, client: Client): Promise<string> {
  const url = `/oauth2/token?scope=repository:hot:pull`;
  const { access_token: token } = JSON.parse(String(await client.read({ method: 'GET', url })));
  const lines = ['GET /v2/hot/manifests/v1 HTTP/1.1', `Host: ${server.host}`, `Accept: ${INDEX}`];
  return [...lines, `Authorization: Bearer ${token}`, '', ''].join('\r\n');
}

/** Sends one request on each connection as soon as the answer before has come; counts answers, and nothing else. */
export class Load {
  answered = 0;
  readonly #head: string;

  constructor(head: string) {
    this.#head = head;
  }

  async open({ port, ca, host }: Server): Promise<TLSSocket> {
    const servername = host.replace(/:\d+$/, '');
    const socket = connect({ host: '127.0.0.1', port, ca, servername });
    await once(socket, 'secureConnect');
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      if (!isWhole(received)) return;
      received = '';
      this.answered++;
      socket.write(this.#head);
    });
    socket.write(this.#head);
    return socket;
  }
}

/** Whether this is one answer to its last byte. Throws when it is not of success. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(`the server answered ${answer}`);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(answer)?.[1]);
  return answer.length >= end + 4 + length;
}

export function passing(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  return promise;
}
