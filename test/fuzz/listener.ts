import assert from 'node:assert/strict';
import fc from 'fast-check';
import { proxyV2 } from '../../src/connection/proxy-header.fixture.ts';
import { ownerToken } from '../../src/testkit/control-client.ts';
import { basicOf } from '../../src/testkit/login.ts';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';
import { ask, head, open, statusOf, untilEnded } from '../hostile/raw.ts';
import { mutated, mutatedText } from './mutate.ts';
import type { Target } from './target.ts';

/** The beginning of a TLS handshake that a client really sent: a record, a ClientHello, some extensions. */
const HELLO = Buffer.concat([
  Buffer.from('160301004a010000460303', 'hex'),
  Buffer.alloc(32, 7),
  Buffer.from('00000813011302130300ff01000015', 'hex'),
  Buffer.from('0000000e000c0000096c6f63616c686f7374002b0003020304', 'hex'),
]);

/** A running server on both of its listeners: whatever bytes come, it answers the next client, and nothing within fails. */
export async function listenerTargets(seawall: TestSeawall): Promise<readonly Target[]> {
  const registry = { port: seawall.listenPort };
  const control = { port: Number(new URL(seawall.control).port) };
  const host = seawall.host('myregistry');
  const authorization = basicOf(seawall.admin('myregistry'));
  const bearer = `Bearer ${await ownerToken(seawall)}`;
  const manifest = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}';
  const put = head('PUT /v2/a/manifests/x', {
    host,
    authorization,
    'content-type': 'application/vnd.oci.image.index.v1+json',
    'content-length': String(manifest.length),
  });
  const corpus = [
    Buffer.from(head('GET /v2/', { host, authorization })),
    Buffer.from(put + manifest),
    Buffer.from(
      `${head('POST /v2/a/blobs/uploads/', { host, authorization, 'transfer-encoding': 'chunked' })}3\r\nabc\r\n0\r\n\r\n`,
    ),
    Buffer.from(head('GET /v2/', { host }).repeat(3)),
    Buffer.from(
      head('PATCH /v2/a/blobs/uploads/x', { host, authorization, expect: '100-continue', 'content-length': '5' }),
    ),
    HELLO,
    Buffer.concat([
      proxyV2({ source: '203.0.113.9', destination: '198.18.77.2' }),
      Buffer.from(head('GET /v2/', { host })),
    ]),
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  ];
  const isServing = async (): Promise<void> => {
    assert.equal(statusOf(await ask(registry, 'GET /v2/', { host, authorization })), '200');
  };
  const bytes: Target = {
    name: 'listener',
    shortRuns: 60,
    property: fc.asyncProperty(mutated(corpus), fc.boolean(), async (all, first) => {
      const socket = open(first ? registry : control);
      const answer = untilEnded(socket);
      socket.end(all);
      assert.doesNotMatch(await answer, /^HTTP\/1\.1 5\d\d/m);
      await isServing();
    }),
  };
  const subscription = `/subscriptions/${seawall.state.subscriptionId}`;
  const bodies = [
    '{"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]},"subnets":[{"name":"a","properties":{"addressPrefix":"10.0.0.0/24"}}]}}',
    '{"location":"westeurope","sku":{"name":"Premium"},"properties":{"networkRuleSet":{"defaultAction":"Deny","ipRules":[{"action":"Allow","value":"203.0.113.0/24"}]}}}',
    '{"properties":{"mode":"Incremental","template":{"resources":[{"type":"Microsoft.Network/virtualNetworks","apiVersion":"2022-07-01","name":"[concat(\'a\',\'b\')]","copy":{"name":"c","count":2}}],"outputs":{"o":{"type":"string","value":"[guid(\'a\')]"}}}}}',
  ];
  const paths = [
    '/providers/Microsoft.Network/virtualNetworks/n?api-version=2022-07-01',
    '/providers/Microsoft.ContainerRegistry/registries/fuzzed12?api-version=2023-07-01',
    '/providers/Microsoft.Resources/deployments/d/validate?api-version=2021-04-01',
  ];
  await ask(
    control,
    `PUT ${subscription}/resourceGroups/fuzz?api-version=2021-04-01`,
    controlHeaders(),
    '{"location":"westeurope"}',
  );
  function controlHeaders(): Record<string, string> {
    return { host: new URL(seawall.control).host, authorization: bearer, 'content-type': 'application/json' };
  }
  const management: Target = {
    name: 'management',
    shortRuns: 100,
    property: fc.asyncProperty(
      mutatedText(paths),
      fc.constantFrom('PUT', 'PATCH', 'POST'),
      mutatedText(bodies),
      async (path, method, body) => {
        const line = `${method} ${subscription}/resourceGroups/fuzz${path.replaceAll(/[^!-~]/g, '')}`;
        const answer = await ask(control, line, controlHeaders(), Buffer.from(body, 'latin1'));
        assert.match(statusOf(answer), /^(?:2|4|307)/, answer);
        await isServing();
      },
    ),
  };
  return [bytes, management];
}
