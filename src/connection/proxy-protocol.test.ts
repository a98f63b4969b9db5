import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatAddress } from '../network/address.ts';
import { crc32c } from './crc32c.ts';
import { proxyV2 } from './proxy-header.fixture.ts';
import { readProxyHeader } from './proxy-protocol.ts';

const text = (line: string): Buffer => Buffer.from(line, 'latin1');
const A4 = { source: '203.0.113.9', destination: '198.18.77.2' };

function shown(bytes: Buffer): string {
  const header = readProxyHeader(bytes);
  return header.kind === 'proxied' ? `${formatAddress(header.source.address)}:${header.source.port}` : header.kind;
}

describe('a PROXY header', () => {
  const rows: readonly (readonly [string, Buffer, string])[] = [
    ['version 1, IPv4', text('PROXY TCP4 203.0.113.9 198.18.77.2 40000 443\r\nGET'), '203.0.113.9:40000'],
    ['version 1, IPv6', text('PROXY TCP6 2001:db8::9 2001:db8::1 40000 443\r\n'), '2001:db8::9:40000'],
    [
      'version 1, IPv4-mapped is the IPv4 address',
      text('PROXY TCP6 ::ffff:203.0.113.9 ::ffff:10.0.0.1 1 443\r\n'),
      '203.0.113.9:1',
    ],
    ['version 1, unknown', text('PROXY UNKNOWN\r\n'), 'local'],
    ['version 1, unfinished', text('PROXY TCP4 203.0.1'), 'incomplete'],
    ['version 1 without end', text(`PROXY TCP4 ${'1'.repeat(200)}`), 'malformed'],
    ['version 1, leading zeros', text('PROXY TCP4 010.0.0.1 198.18.77.2 40000 443\r\n'), 'malformed'],
    ['version 1, a port too large', text('PROXY TCP4 10.0.0.1 198.18.77.2 65536 443\r\n'), 'malformed'],
    ['version 1, a port with a zero before it', text('PROXY TCP4 10.0.0.1 198.18.77.2 0443 443\r\n'), 'malformed'],
    ['version 1, IPv6 said to be IPv4', text('PROXY TCP4 ::ffff:10.0.0.1 198.18.77.2 1 443\r\n'), 'malformed'],
    ['version 1, a zone', text('PROXY TCP6 fe80::1%eth0 fe80::2 1 443\r\n'), 'malformed'],
    ['version 1, two spaces', text('PROXY TCP4  10.0.0.1 198.18.77.2 1 443\r\n'), 'malformed'],
    ['version 1, lower case', text('proxy TCP4 10.0.0.1 198.18.77.2 1 443\r\n'), 'malformed'],
    ['version 1, a line feed alone', text('PROXY TCP4 10.0.0.1 198.18.77.2 1 443\n\n'), 'incomplete'],
    ['version 2, IPv4', proxyV2(A4), '203.0.113.9:40000'],
    ['version 2, IPv6', proxyV2({ source: '2001:db8::9', destination: '::1' }), '2001:db8::9:40000'],
    ['version 2, LOCAL', proxyV2({ ...A4, command: 0x20 }), 'local'],
    ['version 2, unspecified', proxyV2({ ...A4, family: 0x00 }), 'local'],
    ['version 2, UNIX', proxyV2({ ...A4, family: 0x31 }), 'malformed'],
    ['version 2, UDP', proxyV2({ ...A4, family: 0x12 }), 'malformed'],
    ['version 3', proxyV2({ ...A4, command: 0x31 }), 'malformed'],
    ['version 2, an unknown command', proxyV2({ ...A4, command: 0x22 }), 'malformed'],
    ['version 2, unfinished', proxyV2(A4).subarray(0, 20), 'incomplete'],
    ['version 2, its signature unfinished', proxyV2(A4).subarray(0, 5), 'incomplete'],
    ['version 2, too short for its addresses', proxyV2({ ...A4, length: 8 }), 'malformed'],
    ['version 2, longer than any', proxyV2({ ...A4, length: 4000 }), 'malformed'],
    ['version 2, a field cut off', proxyV2({ ...A4, rest: Buffer.from([0xee, 0, 9, 1]) }), 'malformed'],
    ['version 2, half a field', proxyV2({ ...A4, rest: Buffer.from([0xee, 0]) }), 'malformed'],
    ['version 2, a wrong checksum', proxyV2({ ...A4, tlvs: [[3, Buffer.alloc(4)]] }), 'malformed'],
    ['none at all', text('GET / HTTP/1.1\r\n'), 'malformed'],
    ['TLS', Buffer.from([0x16, 3, 1]), 'malformed'],
  ];
  for (const [name, bytes, expected] of rows) it(`${name}: ${expected}`, () => assert.equal(shown(bytes), expected));

  it('with the right checksum is taken', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
    const bytes = proxyV2({ ...A4, tlvs: [[3, Buffer.alloc(4)]] });
    bytes.writeUInt32BE(crc32c(bytes), bytes.length - 4);
    assert.equal(shown(bytes), '203.0.113.9:40000');
  });

  it('never throws, and never reads beyond what it says it is long', () => {
    const start = proxyV2(A4).subarray(0, 12);
    const bytes = fc.uint8Array({ maxLength: 300 }).map((tail) => Buffer.concat([start, tail]));
    fc.assert(
      fc.property(bytes, (all) => {
        const header = readProxyHeader(all);
        if ('length' in header) assert.ok(header.length <= all.length);
      }),
      { numRuns: 2000 },
    );
  });
});
