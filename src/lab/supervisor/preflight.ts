import { containsAddress, parsePrefix, type Prefix } from '../../network/prefix.ts';
import { parseAddress } from '../../network/address.ts';
import { PREFIX } from '../plan.ts';
import { run, textOf } from './carry-out.ts';
import { reachedHosts, type Used } from './reached-hosts.ts';

/** Each tool with the package that has it. */
const TOOLS: readonly (readonly [string, readonly string[], string])[] = [
  ['ip', ['-V'], 'iproute2'],
  ['nft', ['--version'], 'nftables'],
  ['sysctl', ['--version'], 'procps'],
];

/** Why this machine can have no lab with this public prefix, with what to do; `undefined` when it can. */
export async function refusal(publicPrefix: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return `the lab needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'the lab needs root: start with sudo, or without it by --lab off';
  const missing: string[] = [];
  for (const [tool, args, name] of TOOLS) if (!(await runs(tool, args))) missing.push(name);
  if (missing.length > 0) return `the lab needs ${missing.join(' and ')}: apt-get install --yes ${missing.join(' ')}`;
  return (await clash(publicPrefix)) ?? (await cannotMakeNamespaces());
}

async function runs(tool: string, args: readonly string[]): Promise<boolean> {
  return run([tool, ...args]).then(
    () => true,
    () => false,
  );
}

/** Whoever may make no namespaces is told so before anything is made. */
async function cannotMakeNamespaces(): Promise<string | undefined> {
  const name = `${PREFIX}-try`;
  try {
    await run(['ip', 'netns', 'add', name]);
    await run(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
    await run(['ip', 'netns', 'exec', name, 'nft', 'list', 'ruleset']);
    return undefined;
  } catch (error) {
    return `network namespaces cannot be made here, not even by root (a container needs --privileged): ${String(error)}`;
  } finally {
    await run(['ip', 'netns', 'del', name]).catch(() => undefined);
  }
}

/** An address that the machine uses must not be one of the lab's (facts/lab.md §0). */
async function clash(publicPrefix: string): Promise<string | undefined> {
  const parsed = parsePrefix(publicPrefix);
  if (parsed.kind !== 'parsed') return `the setting publicPrefix is ${publicPrefix}, which is no prefix`;
  const used = [
    ...(await ownAddresses()),
    ...(await resolvers()),
    ...(await routes()),
    ...(await reachedHosts(process.env)),
  ];
  const found = used.find(({ address }) => holds(parsed.prefix, address));
  if (found === undefined) return undefined;
  return (
    `${found.address} (${found.what}) lies in ${publicPrefix}, which the lab would take: choose another range, ` +
    'such as --public-prefix 198.19.77.0/24'
  );
}

function holds(prefix: Prefix, text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && containsAddress(prefix, address);
}

/** Addresses of interfaces that are not the lab's: those of a killed run are swept. */
async function ownAddresses(): Promise<readonly Used[]> {
  const lines = await run(['ip', '-o', 'addr', 'show']);
  return [...lines.matchAll(/^\d+: (\S+)\s+inet6? ([^/\s]+)/gm)]
    .filter(([, link = '']) => !link.startsWith(PREFIX))
    .map(([, link = '', address = '']) => ({ address, what: `of ${link}` }));
}

async function routes(): Promise<readonly Used[]> {
  const lines = (await run(['ip', '-o', 'route', 'show', 'table', 'all'])).split('\n');
  return lines
    .filter((line) => !line.includes(` dev ${PREFIX}`))
    .flatMap(
      (line) =>
        line.match(/\d+\.\d+\.\d+\.\d+/g)?.map((address) => ({ address, what: `in the route "${line.trim()}"` })) ?? [],
    );
}

async function resolvers(): Promise<readonly Used[]> {
  const lines = await textOf('/etc/resolv.conf');
  return [...lines.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => ({ address, what: 'the resolver' }));
}
