import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { hostCommand } from '../../src/cli/lab.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { AZ_CLIENTS } from '../client/az.ts';
import { lacks } from '../client/process.ts';
import { armOf } from '../management/arm.ts';

const run = promisify(execFile);
const ROOT = process.platform !== 'linux' || process.getuid?.() !== 0 ? 'the lab needs Linux and root' : false;
const WHY_NOT = ROOT === false ? lacks('docker', 'dockerd', 'podman', 'skopeo', 'nsenter', 'unshare') : ROOT;
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const LOGIN = 'myregistry.azurecr.test';

/** What today's service has clients print (facts/acr.md §2.2, generation B). */
describe('real clients that a registry refuses as today’s service does', { skip: WHY_NOT }, () => {
  let seawall: TestSeawall;
  let folder: string;
  let dockerd: ReturnType<typeof spawn>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seawall-current-'));
    seawall = await startSeawall({
      // The control listener is where hosts reach it, as by default.
      settings: { lab: 'on', registry: '127.0.0.1:5443', control: '198.18.77.2:5444', denial: 'current' },
    });
    const arm = await armOf(seawall);
    const group = `${arm.subscription}/resourceGroups/lab`;
    const network = `${group}/providers/Microsoft.Network`;
    const location = 'westeurope';
    await arm.must('PUT', group, { location });
    await arm.must('PUT', `${network}/virtualNetworks/a`, {
      location,
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: 'one', properties: { addressPrefix: '10.0.0.0/24' } }],
      },
    });
    const subnet = { id: `${network}/virtualNetworks/a/subnets/one` };
    await arm.must('PUT', `${network}/networkInterfaces/outside`, {
      location,
      properties: { ipConfigurations: [{ name: 'one', properties: { subnet } }] },
    });
    const registries = await arm.must('GET', `${arm.subscription}/providers/Microsoft.ContainerRegistry/registries`);
    const { value } = registries as { readonly value: readonly { readonly id: string }[] };
    const properties = { networkRuleSet: { defaultAction: 'Deny' } };
    await arm.must('PATCH', value[0]?.id ?? '', { properties }, { apiVersion: '2021-08-01-preview' });
    const flags = `--bridge none --iptables=false --ip-forward=false --ip-masq=false --storage-driver vfs`.split(' ');
    const folders = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`];
    const fresh = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const [tool = '', ...args] = hostCommand('outside', [
      ...fresh,
      'dockerd',
      '--host',
      `unix://${folder}/docker.sock`,
      ...folders,
      ...flags,
    ]);
    dockerd = spawn(tool, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, SSL_CERT_FILE: seawall.ca },
    });
    for await (const more of dockerd.stderr ?? []) if (String(more).includes('API listen on')) break;
    dockerd.stderr?.resume();
  });
  after(async () => {
    dockerd?.kill('SIGKILL');
    if (dockerd?.exitCode === null && dockerd.signalCode === null) await once(dockerd, 'exit');
    await seawall?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** All that a client says in the host, which has to fail. */
  const refused = async (...command: readonly string[]): Promise<string> => {
    const [tool = '', ...args] = hostCommand('outside', command);
    const env = {
      ...process.env,
      SSL_CERT_FILE: seawall.ca,
      HOME: folder,
      DOCKER_HOST: `unix://${folder}/docker.sock`,
    };
    const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
    const failed = await run(tool, args, { env: { ...env, PATH: path }, timeout: 60_000 }).catch(
      (error: { readonly stdout: string; readonly stderr: string }) => error,
    );
    assert.ok('stderr' in failed && failed instanceof Error, `${command.join(' ')} was not refused`);
    return `${failed.stdout}${failed.stderr}`;
  };
  const DENIED =
    /denied: client with IP '198\.18\.77\.\d+' is not allowed access\. Refer https:\/\/aka\.ms\/acr\/firewall/;

  it('docker login', async () => {
    const said = await refused('docker', 'login', '-u', 'myregistry', '-p', 'x', LOGIN);
    assert.match(said, new RegExp(`Error response from daemon: Get "https://${LOGIN}/v2/": ${DENIED.source}`));
  });

  it('docker pull', async () => {
    const said = await refused('docker', 'pull', `${LOGIN}/hello-world:v1`);
    assert.match(said, new RegExp(`Head "https://${LOGIN}/v2/hello-world/manifests/v1": ${DENIED.source}`));
  });

  it('podman login and skopeo inspect', async () => {
    const podman = await refused('podman', 'login', '-u', 'myregistry', '-p', 'x', LOGIN);
    assert.match(podman, /[Rr]equesting bearer token: invalid status code from registry 403 \(Forbidden\)/);
    const skopeo = await refused('skopeo', 'inspect', '--creds', 'myregistry:x', `docker://${LOGIN}/hello-world:v1`);
    assert.match(skopeo, /[Rr]equesting bearer token: invalid status code from registry 403 \(Forbidden\)/);
  });

  for (const client of AZ_CLIENTS)
    it(`az acr login (${client.name})`, { timeout: 400_000 }, async (t) => {
      const az = await client.find();
      if (az.kind === 'missing') return t.skip(az.why);
      const signIn = `eval "$('${process.execPath}' '${MAIN}' env --data '${seawall.dataDir}')"`;
      const env = { ...process.env, PATH: az.path, HOME: folder };
      const { stdout } = await run('bash', ['-c', `${signIn} && env | grep -E '^(AZURE_|REQUESTS_CA)'`], { env });
      const signedIn = stdout.trim().split('\n');
      const said = await refused('env', ...signedIn, `PATH=${az.path}`, 'az', 'acr', 'login', '--name', 'myregistry');
      assert.match(
        said,
        /Unable to get AAD authorization tokens with message: .*CONNECTIVITY_REFRESH_TOKEN_ERROR\nAccess to registry 'myregistry\.azurecr\.test' was denied\. Response code: 403\. Please try running 'az login' again to refresh permissions\./,
      );
      assert.match(
        said,
        new RegExp(`WARNING: Error response from daemon: Get "https://${LOGIN}/v2/": ${DENIED.source}`),
      );
      assert.match(said, /ERROR: Login failed\.\s*$/);
      return undefined;
    });
});
