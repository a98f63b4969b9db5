import { azureCloud, type CloudPlace, CLOUD_NAME, cloudFile } from '../azure/cloud.ts';
import { OUTSIDE, PACKAGES_PORT } from '../lab/inner-address.ts';

/** A file that is put into a machine at its first start; root's. */
interface PutFile {
  readonly path: string;
  readonly mode: number;
  readonly owner: 'root';
  readonly content: string;
}

const PROXY = `http://${OUTSIDE}:${PACKAGES_PORT}`;
/** Where az looks: for root, and for whoever gets a home later. */
const AZ_FOLDERS = ['/root/.azure', '/etc/skel/.azure'];

/** What a machine of the lab finds of it: the way to packages, and the cloud that `az` in it speaks to. */
export function machineFiles(place: CloudPlace): readonly PutFile[] {
  const cloud = cloudFile(azureCloud(place));
  return [
    // A host of a rehearsal need not outlive a power cut within an installation, which takes half the time without.
    put('/etc/dpkg/dpkg.cfg.d/90seawall', 0o644, 'force-unsafe-io\n'),
    put(
      '/etc/apt/apt.conf.d/90seawall',
      0o644,
      `Acquire::http::Proxy "${PROXY}";\nAcquire::https::Proxy "${PROXY}";\nAcquire::Languages "none";\n`,
    ),
    ...AZ_FOLDERS.flatMap((folder) => [
      put(`${folder}/clouds.config`, 0o600, cloud),
      put(`${folder}/config`, 0o600, `[cloud]\nname = ${CLOUD_NAME}\n\n[core]\ncollect_telemetry = false\n`),
    ]),
  ];
}

function put(path: string, mode: number, content: string): PutFile {
  return { path, mode, owner: 'root', content };
}
