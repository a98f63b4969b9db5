import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installGoTool } from '../test/client/go-tool.ts';
import { run, whereIs } from '../test/client/process.ts';
import { installPackages } from './packages.ts';
import { ISSUER, makeTrust, SERVICE, tokenOf, type Trust } from './peer-token.ts';
import { freePort, startListening } from './processes.ts';
import type { Contender, Missing, Subject, Transport } from './subject.ts';

/** What a peer's configuration is made of. */
interface Setup {
  readonly root: string;
  readonly port: number;
  /** TLS, where it is wanted. */
  readonly tls?: Trust;
  /** Whose tokens are taken; without it everybody may do everything. */
  readonly tokens?: Trust;
}

interface Software {
  readonly name: string;
  /** The version that a program says it is. */
  readonly version: (path: string) => Promise<string>;
  readonly find: () => Promise<string | Missing>;
  readonly config: (setup: Setup) => string;
}

/** How peers are started. */
export interface PeerOptions {
  /** Data that is there, in place of an empty folder; it is left when the peer ends. */
  readonly root?: string;
  readonly auth?: 'token' | 'none';
}

const DISTRIBUTION = 'github.com/distribution/distribution/v3/cmd/registry@v3.0.0';
const ZOT = 'zotregistry.dev/zot/v2/cmd/zot@v2.1.11';

const dockerRegistry: Software = {
  name: 'docker-registry',
  version: async (path) => versionIn((await run([path, '--version'])).stdout),
  find: async () => {
    await installPackages(['docker-registry']);
    return whereIs('docker-registry') ?? { missing: "Debian's package docker-registry is not installed" };
  },
  config: distributionConfig,
};

const distribution: Software = {
  name: 'distribution',
  version: async () => versionIn(DISTRIBUTION),
  find: async () => {
    const tool = await installGoTool({ source: DISTRIBUTION, name: 'registry' });
    return tool.kind === 'installed' ? tool.path : { missing: tool.why };
  },
  config: distributionConfig,
};

const zot: Software = {
  name: 'zot',
  version: async () => 'minimal',
  find: async () => {
    const here = whereIs('zot');
    if (here !== undefined) return here;
    const tool = await installGoTool({ source: ZOT, name: 'zot' });
    return tool.kind === 'installed' ? tool.path : { missing: `${tool.why}; a zot in PATH is used where there is one` };
  },
  config: zotConfig,
};

/** The registries that people use now. */
export function peerRegistries(options: PeerOptions = {}): readonly Contender[] {
  return [dockerRegistry, distribution, zot].map((software) => contender(software, options));
}

/** One of them alone, by its name. */
export function peerRegistry(name: 'docker-registry' | 'distribution' | 'zot', options: PeerOptions): Contender {
  return contender({ 'docker-registry': dockerRegistry, distribution, zot }[name], options);
}

function contender(software: Software, options: PeerOptions): Contender {
  return { name: software.name, start: (transport) => startPeer(software, transport, options) };
}

async function startPeer(software: Software, transport: Transport, options: PeerOptions): Promise<Subject | Missing> {
  const path = await software.find();
  if (typeof path !== 'string') return path;
  const folder = await mkdtemp(join(tmpdir(), 'seawall-bench-'));
  const trust = await makeTrust(folder);
  const port = await freePort();
  const file = join(folder, 'config.json');
  const root = options.root ?? join(folder, 'data');
  const tls = transport === 'tls' ? { tls: trust } : {};
  const tokens = options.auth === 'none' ? {} : { tokens: trust };
  // JSON is YAML, which is what distribution reads.
  await writeFile(file, software.config({ root, port, ...tls, ...tokens }));
  const server = await startListening([path, 'serve', file], port);
  const headers: Record<string, string> =
    options.auth === 'none' ? {} : { authorization: `Bearer ${await tokenOf(trust)}` };
  return {
    name: `${software.name} ${await software.version(path)}`,
    origin: { url: `${transport === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}`, headers },
    host: `127.0.0.1:${port}`,
    pids: [server.pid],
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As Debian's own example has it: blob descriptors cached in memory, nothing logged. */
function distributionConfig({ root, port, tls, tokens }: Setup): string {
  return JSON.stringify({
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: root, maxthreads: 100 },
      cache: { blobdescriptor: 'inmemory' },
      delete: { enabled: true },
    },
    http: {
      addr: `127.0.0.1:${port}`,
      secret: 'bench',
      ...(tls && { tls: { certificate: tls.certificate, key: tls.key } }),
    },
    ...(tokens && {
      auth: {
        token: {
          realm: 'http://127.0.0.1/token',
          service: SERVICE,
          issuer: ISSUER,
          rootcertbundle: tokens.certificate,
        },
      },
    }),
  });
}

/** With `commit`, so that what it acknowledges is synced, as the others do. */
function zotConfig({ root, port, tls, tokens }: Setup): string {
  return JSON.stringify({
    distSpecVersion: '1.1.1',
    storage: { rootDirectory: root, commit: true, gc: false },
    http: {
      address: '127.0.0.1',
      port: String(port),
      compat: ['docker2s2'],
      ...(tls && { tls: { cert: tls.certificate, key: tls.key } }),
      ...(tokens && {
        auth: { bearer: { realm: 'http://127.0.0.1/token', service: SERVICE, cert: tokens.certificate } },
      }),
    },
    log: { level: 'error' },
  });
}

function versionIn(text: string): string {
  return /\d+\.\d+\.\d+/.exec(text)?.[0] ?? text.trim();
}
