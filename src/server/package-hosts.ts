import { hostsOf, type MachineApt, readMachineApt } from '../base-image/machine-apt.ts';
import { CODENAME } from '../base-image/bootstrap.ts';
import { listImages } from '../base-image/shelf.ts';
import type { Config } from '../config/config.ts';
import type { PackageProxyOptions } from '../outside/package-proxy.ts';

/** Where packages are fetched from, and by which way: base images, this machine's apt, its environment and the configuration say so. */
export function packageSources(
  { images, packageHosts }: Pick<Config, 'images' | 'packageHosts'>,
  env: Readonly<Record<string, string | undefined>>,
): Pick<PackageProxyOptions, 'allowed' | 'settings'> {
  let machine: Promise<MachineApt> | undefined;
  // Asked at the first package: most servers never see one.
  const apt = (): Promise<MachineApt> => (machine ??= readMachineApt(CODENAME));
  return {
    allowed: async () => {
      const bases = await listImages(images).catch(() => []);
      const all = [...bases.flatMap((one) => one.packageHosts), ...hostsOf((await apt()).sources), ...packageHosts];
      return new Set(all.map((host) => host.toLowerCase()));
    },
    settings: async () => ({ apt: (await apt()).proxies, env }),
  };
}
