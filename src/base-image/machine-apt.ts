/** What the machine's own apt is told of where packages come from, so that hosts of the lab get theirs from there, too. */
import { runTool } from './run-tool.ts';

/** One line of `sources.list`. */
export interface PackageSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

/** What apt is told on this machine. */
export interface MachineApt {
  readonly sources: readonly PackageSource[];
  /** Lines of `apt.conf` on how a mirror is trusted and reached, without proxies. */
  readonly options: readonly string[];
  /** Lines of `apt.conf` that name proxies. */
  readonly proxies: readonly string[];
}

/** Where Debian is, for a machine that does not say. */
const DEBIAN: readonly PackageSource[] = [
  { uri: 'http://deb.debian.org/debian', suite: 'bookworm', components: ['main'] },
  { uri: 'http://deb.debian.org/debian', suite: 'bookworm-updates', components: ['main'] },
  { uri: 'http://deb.debian.org/debian-security', suite: 'bookworm-security', components: ['main'] },
];

/** Asks the machine's apt, where it has one, for its sources of this release of Debian and for its options. */
export async function readMachineApt(codename: string): Promise<MachineApt> {
  const format = '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(CODENAME)';
  const targets = await runTool(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages']).catch(
    () => '',
  );
  const dump = await runTool(['apt-config', 'dump']).catch(() => '');
  const known = sourcesIn(targets, codename);
  return { sources: known.length === 0 ? DEBIAN : known, ...optionsIn(dump) };
}

/** The sources of one release of Debian among the lines of `apt-get indextargets`. */
export function sourcesIn(targets: string, codename: string): readonly PackageSource[] {
  const all = new Map<string, { uri: string; suite: string; components: Set<string> }>();
  for (const line of targets.split('\n')) {
    const [uri = '', suite = '', component = '', origin, name = ''] = line.split('|');
    if (origin !== 'Debian' || (name !== codename && !name.startsWith(`${codename}-`))) continue;
    if (!/^https?:\/\//.test(uri)) continue;
    const key = `${uri} ${suite}`;
    const source = all.get(key) ?? { uri: withoutSlash(uri), suite, components: new Set() };
    all.set(key, source);
    source.components.add(component);
  }
  return [...all.values()].map(({ components, ...rest }) => ({ ...rest, components: [...components] }));
}

function withoutSlash(uri: string): string {
  return uri.endsWith('/') ? uri.slice(0, -1) : uri;
}

/** The lines of `apt-config dump` that say how mirrors are reached, those with proxies apart. */
export function optionsIn(dump: string): Pick<MachineApt, 'options' | 'proxies'> {
  const lines = dump
    .split('\n')
    .filter((line) =>
      /^Acquire::(?:https?::|Check-Valid-Until|Check-Date|Max-ValidTime|Retries|ForceIPv[46])/i.test(line),
    )
    .filter((line) => !line.endsWith(' "";'));
  const isProxy = (line: string): boolean =>
    /^Acquire::https?::(?:Proxy|ProxyAutoDetect|Proxy-Auto-Detect)\b/i.test(line);
  return { options: lines.filter((line) => !isProxy(line)), proxies: lines.filter(isProxy) };
}

/** A source as `sources.list` has it. */
export function sourceLine({ uri, suite, components }: PackageSource): string {
  return `deb ${uri} ${suite} ${components.join(' ')}`;
}

/** The hosts of sources, each once. */
export function hostsOf(sources: readonly Pick<PackageSource, 'uri'>[]): readonly string[] {
  return [...new Set(sources.map(({ uri }) => new URL(uri).hostname))];
}
