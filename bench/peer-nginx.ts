import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, whereIs } from '../test/client/process.ts';
import { installPackages } from './packages.ts';
import { makeTrust } from './peer-token.ts';
import { childrenOf, freePort, startListening } from './processes.ts';
import type { Contender, Missing, Subject, Transport } from './subject.ts';

/** nginx with sendfile over a folder of files: the yardstick for bytes, without a registry. */
export function nginx(files: string): Contender {
  return { name: 'nginx', start: (transport) => start(files, transport) };
}

async function start(files: string, transport: Transport): Promise<Subject | Missing> {
  await installPackages(['nginx-light']);
  const path = whereIs('nginx') ?? whereIs('/usr/sbin/nginx');
  if (path === undefined) return { missing: 'nginx is not installed' };
  const folder = await mkdtemp(join(tmpdir(), 'seawall-bench-'));
  await mkdir(join(folder, 'logs'));
  const port = await freePort();
  const trust = await makeTrust(folder);
  const tls = transport === 'tls';
  const listen = tls ? `${port} ssl; ssl_certificate ${trust.certificate}; ssl_certificate_key ${trust.key}` : port;
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes auto; pid ${folder}/pid; error_log stderr error;
     events { worker_connections 256; }
     http { access_log off; sendfile on; tcp_nopush on; default_type application/octet-stream;
       client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
       uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
       server { listen 127.0.0.1:${listen}; root ${files}; } }`,
  );
  const server = await startListening([path, '-p', folder, '-c', file], port);
  const { stderr } = await run([path, '-v']);
  return {
    name: `nginx ${/[\d.]+$/m.exec(stderr)?.[0] ?? ''}`,
    origin: { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, headers: {} },
    host: `127.0.0.1:${port}`,
    pids: [server.pid, ...(await childrenOf(server.pid))],
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
