import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { outcomeOf } from '../../src/attack/attempt.ts';
import { connect } from 'node:net';
import { proxyV2 } from '../../src/connection/proxy-header.fixture.ts';
import { untilEnded } from '../hostile/raw.ts';
import { type PerimeterScene, perimeterScene } from './scene.ts';
import { basicOf } from '../../src/testkit/login.ts';

/** An IP rule, an address that it does not name, and the nearest one that it does. */
type Case = readonly [rule: string, refused: string, allowed: string];

/**
 * What products that compare addresses as texts let in: a prefix of a text is no prefix of an address (zot's conditions
 * see the peer as a string and have no function for blocks).
 */
const TEXTS: readonly Case[] = [
  ['203.0.113.1', '203.0.113.10', '203.0.113.1'],
  ['203.0.113.1', '203.0.113.11', '203.0.113.1'],
  ['203.0.113.1', '203.0.113.100', '203.0.113.1'],
  ['203.0.113.1', '203.0.113.199', '203.0.113.1'],
  ['203.0.113.25', '203.0.113.250', '203.0.113.25'],
  ['203.0.113.25', '203.0.113.2', '203.0.113.25'],
  ['203.0.11.3', '203.0.113.3', '203.0.11.3'],
  ['3.0.113.9', '203.0.113.9', '3.0.113.9'],
  ['20.30.113.9', '203.0.113.9', '20.30.113.9'],
  ['203.0.113.9', '203.0.113.90', '203.0.113.9'],
];

/** The addresses at both ends of blocks, and those beside them. */
const EDGES: readonly Case[] = [
  ['203.0.113.0/24', '203.0.112.255', '203.0.113.0'],
  ['203.0.113.0/24', '203.0.114.0', '203.0.113.255'],
  ['203.0.113.0/25', '203.0.113.128', '203.0.113.127'],
  ['203.0.113.128/25', '203.0.113.127', '203.0.113.128'],
  ['203.0.113.8/31', '203.0.113.10', '203.0.113.9'],
  ['203.0.113.8/31', '203.0.113.7', '203.0.113.8'],
  ['203.0.113.8/30', '203.0.113.12', '203.0.113.11'],
  ['203.0.113.8/32', '203.0.113.9', '203.0.113.8'],
  ['203.0.0.0/17', '203.0.128.0', '203.0.127.255'],
  ['203.0.0.0/16', '203.1.0.0', '203.0.255.255'],
  ['202.0.0.0/7', '204.0.0.0', '203.255.255.255'],
  ['202.0.0.0/7', '201.255.255.255', '202.0.0.0'],
  ['128.0.0.0/1', '127.255.255.255', '255.255.255.254'],
  ['64.0.0.0/2', '128.0.0.0', '127.255.255.255'],
];

/** An address of the other family that holds a named one is another address; one that is IPv4-mapped is the same. */
const FAMILIES: readonly Case[] = [
  ['203.0.113.8', '::203.0.113.8', '::ffff:203.0.113.8'],
  ['203.0.113.8', '::ffff:0:203.0.113.8', '::ffff:203.0.113.8'],
  ['203.0.113.8', '64:ff9b::203.0.113.8', '::ffff:203.0.113.8'],
  ['203.0.113.8', '2002:cb00:7108::1', '::ffff:cb00:7108'],
  ['203.0.113.8', '::1:ffff:203.0.113.8', '::ffff:cb00:7108'],
  ['203.0.113.8', '::ffff:203.0.113.9', '::ffff:203.0.113.8'],
  ['203.0.113.8', '8.113.0.203', '203.0.113.8'],
  ['2001:db8::/32', '2001:db9::1', '2001:db8::1'],
  ['2001:db8::/32', '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8:0:1::/64', '2001:db8::1', '2001:db8:0:1::1'],
  ['2001:db8:0:1::/64', '2001:db8:0:10::1', '2001:db8:0:1::1'],
  ['2001:db8::1', '2001:db8::10', '2001:db8::1'],
  ['2001:db8::1/128', '2001:db8::2', '2001:db8:0:0:0:0:0:1'],
  ['2001:db8::/127', '2001:db8::2', '2001:db8::1'],
  ['::/1', '8000::1', '7fff::1'],
];

/**
 * An address of a private range that comes by the internet is an address like others: "the peer is private, so its word is
 * good" was a way in elsewhere (seaweedfs#11231), and so was loopback.
 */
const PRIVATE: readonly Case[] = [
  ['203.0.113.8', '10.0.0.4', '203.0.113.8'],
  ['203.0.113.8', '10.255.255.255', '203.0.113.8'],
  ['203.0.113.8', '172.16.0.1', '203.0.113.8'],
  ['203.0.113.8', '172.31.255.254', '203.0.113.8'],
  ['203.0.113.8', '192.168.1.1', '203.0.113.8'],
  ['203.0.113.8', '100.64.0.1', '203.0.113.8'],
  ['203.0.113.8', '169.254.169.254', '203.0.113.8'],
  ['203.0.113.8', '168.63.129.16', '203.0.113.8'],
  ['203.0.113.8', '127.0.0.1', '203.0.113.8'],
  ['203.0.113.8', '127.0.0.9', '203.0.113.8'],
  ['203.0.113.8', '0.0.0.0', '203.0.113.8'],
  ['203.0.113.8', '255.255.255.255', '203.0.113.8'],
  ['203.0.113.8', '224.0.0.1', '203.0.113.8'],
  ['203.0.113.8', '::1', '203.0.113.8'],
  ['203.0.113.8', '::', '203.0.113.8'],
  ['203.0.113.8', 'fe80::1', '203.0.113.8'],
  ['203.0.113.8', 'fd00::4', '203.0.113.8'],
  ['203.0.113.8', 'fc00::1', '203.0.113.8'],
  ['10.0.0.0/8', '11.0.0.0', '10.0.0.4'],
  ['192.168.0.0/16', '192.169.0.1', '192.168.255.255'],
];

describe('an IP rule', () => {
  let scene: PerimeterScene;
  let authorization: string;
  let host: string;
  before(async () => {
    // Private and IPv6 rules are those of `open`; what a rule means is the same in both profiles.
    scene = await perimeterScene({ profile: 'open' });
    host = scene.seawall.host('myregistry');
    authorization = basicOf(scene.seawall.admin('myregistry'));
  });
  after(() => scene[Symbol.asyncDispose]());

  const allow = (...values: readonly string[]): Promise<unknown> =>
    scene.patch({ networkRuleSet: { defaultAction: 'Deny', ipRules: values.map((value) => ({ value })) } });
  const from = async (address: string, headers = {}): Promise<string> =>
    outcomeOf(await scene.ask({ address }, 'GET /v2/', { authorization, ...headers }));

  for (const [what, cases] of [
    ['is no comparison of texts', TEXTS],
    ['ends where its block ends', EDGES],
    ['is of one family', FAMILIES],
    ['is needed by addresses of private ranges too', PRIVATE],
  ] as const)
    describe(what, () => {
      for (const [rule, refused, allowed] of cases)
        it(`${rule} refuses ${refused}, and lets in ${allowed}`, async () => {
          await allow(rule);
          assert.equal(await from(refused), '403');
          assert.equal(await from(allowed), '200');
        });
    });

  describe('is judged by the address of each connection', () => {
    it('and not by that of the first that came through a proxy (as at MinIO #17877)', async () => {
      await allow('203.0.113.8');
      for (let i = 0; i < 3; i++) {
        assert.equal(await from('203.0.113.8'), '200');
        assert.equal(await from('203.0.113.9'), '403');
      }
    });

    it('and not by that of the proxy (as at MinIO #19990, and GitLab #271673)', async () => {
      await allow('127.0.0.9', '203.0.113.8');
      assert.equal(await from('203.0.113.9'), '403');
      assert.equal(await from('203.0.113.8'), '200');
      await allow('127.0.0.0/8');
      assert.equal(await from('203.0.113.8'), '403');
    });

    it('and not by the first of several addresses that it claims (X-Forwarded-For)', async () => {
      await allow('203.0.113.8');
      for (const claim of ['203.0.113.8', '203.0.113.8, 203.0.113.9', '203.0.113.9, 203.0.113.8', '"203.0.113.8"'])
        assert.equal(await from('203.0.113.9', { 'x-forwarded-for': claim, forwarded: `for=${claim}` }), '403');
      assert.equal(await from('203.0.113.8', { 'x-forwarded-for': '203.0.113.9' }), '200');
    });
  });

  describe('is refused where it says something other than one block', () => {
    const strange = [
      '010.0.0.1',
      '203.0.113.010',
      '0x0a.0.0.1',
      '3405803784',
      '203.0.113',
      '203.0.113.8/33',
      '203.0.113.8/24',
      '203.0.113.0/024',
      '203.0.113.0/-1',
      '203.0.113.0/24 ',
      '203.0.113.*',
      '203.0.113.0-203.0.113.9',
      '::ffff:203.0.113.8/32',
      'fe80::1%eth0',
      '[2001:db8::1]',
      'localhost',
      '',
    ];
    for (const value of strange)
      it(`${JSON.stringify(value)} is no rule, and the one before stays`, async () => {
        await allow('203.0.113.8');
        const body = { properties: { networkRuleSet: { defaultAction: 'Deny', ipRules: [{ value }] } } };
        const answer = await scene.arm.ask('PATCH', scene.registry, body, { apiVersion: '2021-08-01-preview' });
        assert.equal(answer.status, 400, answer.text);
        assert.equal(await from('203.0.113.8'), '200');
        assert.equal(await from('203.0.113.9'), '403');
      });
  });

  describe('meets an address as PROXY version 1 writes it', () => {
    const line = async (family: string, source: string, destination: string): Promise<string> => {
      const socket = connect({ port: scene.seawall.listenPort, host: '127.0.0.1', localAddress: '127.0.0.9' });
      socket.on('error', () => undefined);
      const answer = untilEnded(socket);
      socket.write(`PROXY ${family} ${source} ${destination} 40000 443\r\n`);
      socket.end(`GET /v2/ HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${authorization}\r\nconnection: close\r\n\r\n`);
      return outcomeOf(await answer);
    };
    for (const [family, source, destination] of [
      ['TCP4', '0313.0.0161.010', '198.18.77.2'],
      ['TCP4', '203.0.113.08', '198.18.77.2'],
      ['TCP4', '0xcb007108', '198.18.77.2'],
      ['TCP4', '3405803784', '198.18.77.2'],
      ['TCP4', '203.0.28936', '198.18.77.2'],
      ['TCP4', '::ffff:203.0.113.8', '198.18.77.2'],
      ['TCP6', '203.0.113.8', '198.18.77.2'],
      ['TCP6', '::ffff:203.0.113.8%1', '::1'],
      ['TCP6', '::ffff:0313.0.0161.010', '::1'],
      ['TCP6', '::203.0.113.8', '::1'],
    ] as const)
      it(`${family} ${source} is refused, and 203.0.113.8 let in`, async () => {
        await allow('203.0.113.8');
        assert.ok(['403', 'cut'].includes(await line(family, source, destination)));
        assert.equal(await line('TCP4', '203.0.113.8', '198.18.77.2'), '200');
        assert.equal(await line('TCP6', '::ffff:203.0.113.8', '::ffff:198.18.77.2'), '200');
      });
  });

  it('meets an IPv4-mapped address in version 2 as the IPv4 address it is', async () => {
    await allow('203.0.113.8');
    const mapped = (last: number): Buffer => {
      const bytes = proxyV2({ source: '2001:db8::4', destination: '::1' });
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0, 113, last]).copy(bytes, 16);
      return bytes;
    };
    const sent = async (bytes: Buffer): Promise<string> => {
      const socket = connect({ port: scene.seawall.listenPort, host: '127.0.0.1', localAddress: '127.0.0.9' });
      const answer = untilEnded(socket);
      socket.write(bytes);
      socket.end(`GET /v2/ HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${authorization}\r\nconnection: close\r\n\r\n`);
      return outcomeOf(await answer);
    };
    assert.equal(await sent(mapped(9)), '403');
    assert.equal(await sent(mapped(8)), '200');
  });
});
