import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { AZ_CLIENTS } from './az.ts';
import { run } from './process.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const SCRIPT = join(import.meta.dirname, '..', '..', 'examples', 'article.sh');
/** What each command of the article must have left in what was printed, in their order. */
const PRINTED = [
  '$ az group create',
  '"type": "Microsoft.Resources/resourceGroups"',
  '$ az acr create',
  '"type": "Microsoft.ContainerRegistry/registries"',
  '$ az vm create --resource-group myResourceGroup --name myDockerVM --image Ubuntu2204',
  '"publicIpAddress": "198.18.77.',
  '$ az network vnet list',
  '"Subnet": "myDockerVMSubnet"',
  '$ az network vnet subnet update',
  '"service": "Microsoft.ContainerRegistry"',
  '/providers/Microsoft.Network/virtualNetworks/myDockerVMVNET/subnets/myDockerVMSubnet\n',
  '$ az acr update --name mycontainerregistry --default-action Deny',
  '"defaultAction": "Deny"',
  '$ az acr network-rule add',
  '$ az acr network-rule list',
  '"virtualNetworkRules": [\n    {',
  '$ az acr network-rule remove',
  '$ az acr update --name mycontainerregistry --default-action Allow',
  '"defaultAction": "Allow"',
  '$ az group delete',
];

describe('the article', () => {
  for (const { name, find } of AZ_CLIENTS)
    it(`is walked by ${name}, command for command`, async (t) => {
      const az = await find();
      if (az.kind === 'missing') return t.skip(az.why);
      await using seawall = await startSeawall();
      const path = { PATH: az.path };
      const ready = await run([process.execPath, MAIN, 'env', '--json', '--data', seawall.dataDir], { env: path });
      assert.equal(ready.code, 0, ready.stderr);
      // Keys of one's own are made where there are none.
      await using home = await mkdtempDisposable(join(tmpdir(), 'seawall-home-'));
      const env: Record<string, string> = { ...JSON.parse(ready.stdout), ...path, HOME: home.path };
      const walked = await run(['sh', SCRIPT], { env });
      assert.equal(walked.code, 0, walked.stderr);
      let at = 0;
      for (const text of PRINTED) {
        const found = walked.stdout.indexOf(text, at);
        assert.ok(found >= 0, `${text} is not where it should be:\n${walked.stdout.slice(at)}`);
        at = found;
      }
      const left = await run(['az', 'group', 'exists', '--name', 'myResourceGroup'], { env });
      assert.equal(left.stdout.trim(), 'false');
    });
});
