import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon } from './daemon.ts';
import type { Scene } from './scene.ts';

/** A real dockerd without network, which finds the CA of the private registry, and of that one alone, in its folder. */
export async function startDockerd(scene: Scene): Promise<AsyncDisposable> {
  const { home, host, certDir } = scene;
  const etc = join(home, 'etc-docker');
  await cp(certDir, join(etc, 'certs.d', host), { recursive: true });
  // dockerd makes this folder for its key anyway; here it only has to exist, to be covered.
  await mkdir('/etc/docker', { recursive: true });
  const folders = [
    '--data-root',
    join(home, 'data'),
    '--exec-root',
    join(home, 'exec'),
    '--pidfile',
    join(home, 'pid'),
  ];
  const network = ['--iptables=false', '--bridge=none', '--ip-forward=false', '--ip-masq=false'];
  const socket = ['-H', `unix://${home}/docker.sock`];
  return startDaemon(['dockerd', '--storage-driver', 'vfs', ...network, ...folders, ...socket], /API listen on/, [
    ...scene.mounts,
    { place: '/etc/docker', by: etc },
  ]);
}
