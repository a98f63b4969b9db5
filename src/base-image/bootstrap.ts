import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Purpose } from './image.ts';
import { type MachineApt, sourceLine } from './machine-apt.ts';
import { runContained, ToolError } from './run-tool.ts';

/** The release of Debian that base roots are made of. */
export const CODENAME = 'bookworm';

/** What every host needs before anything is installed in it. */
const MACHINE_PACKAGES =
  'openssh-server sudo openssl ca-certificates curl iproute2 iptables nftables procps passwd init-system-helpers sysvinit-utils less netbase iputils-ping gpg'.split(
    ' ',
  );
/** What a host that runs containers needs: it is logged in to by nobody. */
const CONTAINER_PACKAGES = 'ca-certificates curl iproute2 iptables procps netbase containerd runc'.split(' ');

/** What is left out: it is of no use in a rehearsal, and a third of the size. */
const LEFT_OUT = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'];

/** Makes a root of Debian's packages in an empty folder, telling each step. Throws {@link ToolError}. */
export async function bootstrap(
  root: string,
  {
    purpose,
    apt,
    told,
  }: { readonly purpose: Purpose; readonly apt: MachineApt; readonly told: (step: string) => void },
): Promise<void> {
  const packages = purpose === 'machines' ? MACHINE_PACKAGES : CONTAINER_PACKAGES;
  const argv = [
    'mmdebstrap',
    '--mode=root',
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
    ...[...apt.options, ...apt.proxies].map((line) => `--aptopt=${line}`),
    CODENAME,
    root,
    ...apt.sources.map(sourceLine),
  ];
  await runContained(argv, { said: (line) => line.startsWith('I: ') && told(line.slice(3)) }).catch(explain(apt));
  await settle(root, apt);
}

/** Says what to look at where packages could not be fetched. */
function explain({ sources }: MachineApt) {
  return (error: unknown): never => {
    if (!(error instanceof ToolError)) throw error;
    if (error.message.includes('No space left on device'))
      throw new ToolError(
        'there is no space left in the folder of base images: make room, or name another by --images',
      );
    const places = sources.map(sourceLine).join('; ');
    throw new ToolError(`${error.message}\nPackages were asked for from: ${places} (what apt uses on this machine)`);
  };
}

/** What must differ from host to host is taken out; how packages are fetched is what apt is told on this machine. */
async function settle(root: string, { options }: MachineApt): Promise<void> {
  for (const path of ['etc/machine-id', 'etc/hostname', 'etc/resolv.conf', 'etc/apt/apt.conf.d/99mmdebstrap'])
    await rm(join(root, path), { force: true });
  await runContained(['find', join(root, 'etc'), '-name', 'ssh_host_*', '-delete']);
  await mkdir(join(root, 'etc/apt/apt.conf.d'), { recursive: true });
  await writeFile(join(root, 'etc/apt/apt.conf.d/50machine'), options.map((line) => `${line}\n`).join(''));
}
