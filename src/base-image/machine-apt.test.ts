import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostsOf, optionsIn, sourceLine, sourcesIn } from './machine-apt.ts';

const TARGETS = `http://mirror.example/debian/|bookworm|main|Debian|bookworm
http://mirror.example/debian/|bookworm|contrib|Debian|bookworm
http://mirror.example/debian/|bookworm-updates|main|Debian|bookworm-updates
http://mirror.example/debian/|trixie|main|Debian|trixie
https://deb.example.net/node_20.x/|nodistro|main|. nodistro|nodistro
cdrom:[x]/|bookworm|main|Debian|bookworm
`;

describe("the machine's sources of packages", () => {
  it('are those of one release of Debian, and of nobody else', () => {
    assert.deepEqual(sourcesIn(TARGETS, 'bookworm').map(sourceLine), [
      'deb http://mirror.example/debian bookworm main contrib',
      'deb http://mirror.example/debian bookworm-updates main',
    ]);
  });

  it('have their hosts', () => assert.deepEqual(hostsOf(sourcesIn(TARGETS, 'bookworm')), ['mirror.example']));

  it('are none where apt knows none', () => assert.deepEqual(sourcesIn('', 'bookworm'), []));
});

describe("the machine's options of apt", () => {
  it('are those on how a mirror is reached and trusted; proxies apart', () => {
    const dump = [
      'APT::Install-Recommends "0";',
      'Acquire::http::Proxy "http://proxy.example:3128";',
      'Acquire::http::Proxy::mirror.example "DIRECT";',
      'Acquire::https::CaInfo "/etc/ca.pem";',
      'Acquire::http "";',
      'Acquire::Check-Valid-Until "false";',
      'Acquire::GzipIndexes "true";',
    ].join('\n');
    assert.deepEqual(optionsIn(dump), {
      options: ['Acquire::https::CaInfo "/etc/ca.pem";', 'Acquire::Check-Valid-Until "false";'],
      proxies: ['Acquire::http::Proxy "http://proxy.example:3128";', 'Acquire::http::Proxy::mirror.example "DIRECT";'],
    });
  });
});
