import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SeawallOptions, type TestSeawall, startSeawall } from '../../src/testkit/start-seawall.ts';
import { type Replacement, withMounts } from './private-mounts.ts';
import { type Command, type Ended, run } from './process.ts';

/** The registry that a client logs in to. */
const PRIVATE = 'clients';
/** A registry with anonymous pull. */
const ANONYMOUS = 'openreg';

/** A running Seawall, a home folder, and the means to run a client there that trusts and resolves it. */
export interface Scene extends AsyncDisposable {
  /** Login server of the private registry, `NAME.azurecr.localhost:PORT`. */
  readonly host: string;
  /** Login server of the registry with anonymous pull. */
  readonly anonymousHost: string;
  readonly username: string;
  readonly password: string;
  /** `USER:PASSWORD` of the administrator of the registry with anonymous pull. */
  readonly anonymousCredentials: string;
  /** PEM file of the CA. */
  readonly ca: string;
  /** A folder with `ca.crt`, as podman, skopeo and docker want it. */
  readonly certDir: string;
  /** What the server says of itself in its state file. */
  readonly state: TestSeawall['state'];
  /** A temporary folder, the client's home and working directory. */
  readonly home: string;
  /** What a client finds changed: the hosts file, with the registries' names in it. */
  readonly mounts: readonly Replacement[];
  /** Runs a client to its end, whatever its exit code. */
  readonly run: (command: Command, input?: string) => Promise<Ended>;
  /** Runs a client and answers its standard output; throws with all it said when it fails. */
  readonly ok: (command: Command, input?: string) => Promise<string>;
  /** Runs a client that must be refused; answers all it said, and throws when it succeeds. */
  readonly refused: (command: Command, input?: string) => Promise<string>;
}

/** Starts Seawall with both registries and prepares a home. Nothing of the machine is changed. */
export async function openScene(settings: SeawallOptions['settings'] = {}): Promise<Scene> {
  const home = await mkdtemp(join(tmpdir(), 'seawall-test-'));
  // The server itself keeps the names in it, as `up` does in that of the machine.
  const hosts = join(home, 'hosts');
  await cp('/etc/hosts', hosts);
  const seawall = await startSeawall({
    settings: { ...settings, hostsFile: hosts },
    registries: [
      { name: PRIVATE, adminUserEnabled: true },
      { name: ANONYMOUS, adminUserEnabled: true, anonymousPullEnabled: true },
    ],
  });
  const certDir = join(home, 'certs');
  await mkdir(certDir);
  await cp(seawall.ca, join(certDir, 'ca.crt'));
  const mounts = [{ place: '/etc/hosts', by: hosts }, ...(await emptyContainers(home))];
  const anonymousAdmin = seawall.admin(ANONYMOUS);
  const env = clientEnvironment(home, seawall.ca);
  const start = (command: Command, input = '') => run(withMounts(mounts, command), { env, cwd: home, input });
  return {
    host: seawall.host(PRIVATE),
    anonymousHost: seawall.host(ANONYMOUS),
    ...seawall.admin(PRIVATE),
    anonymousCredentials: `${anonymousAdmin.username}:${anonymousAdmin.password}`,
    ca: seawall.ca,
    certDir,
    state: seawall.state,
    home,
    mounts,
    run: start,
    ok: async (command, input) => expectCode(command, await start(command, input), (code) => code === 0).stdout,
    refused: async (command, input) => {
      const { stdout, stderr } = expectCode(command, await start(command, input), (code) => code !== 0);
      return stdout + stderr;
    },
    [Symbol.asyncDispose]: async () => {
      await seawall.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/**
 * As root, podman and skopeo keep here, whatever they are told, where they have seen which blob: one test would tell
 * the next. The folder, which their packages make, only has to exist, to be covered.
 */
async function emptyContainers(home: string): Promise<readonly Replacement[]> {
  if (process.getuid?.() !== 0) return [];
  const [place, by] = ['/var/lib/containers', join(home, 'containers')];
  for (const folder of [place, by]) await mkdir(folder, { recursive: true });
  return [{ place, by }];
}

/** Every client keeps what it keeps in the home, and finds the CA where programs of Go and OpenSSL look for it. */
function clientEnvironment(home: string, ca: string): Readonly<Record<string, string | undefined>> {
  const folders = { HOME: home, XDG_RUNTIME_DIR: home, REGCTL_CONFIG: join(home, 'regctl.json') };
  return {
    ...folders,
    SSL_CERT_FILE: ca,
    XDG_CONFIG_HOME: undefined,
    XDG_CACHE_HOME: undefined,
    DOCKER_HOST: undefined,
    DOCKER_CONFIG: undefined,
  };
}

function expectCode(command: Command, ended: Ended, expected: (code: number) => boolean): Ended {
  if (expected(ended.code)) return ended;
  throw new Error(`${command.join(' ')} ended with ${ended.code}\n${ended.stdout}${ended.stderr}`);
}
