import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostsNamed } from './package-hosts.ts';

describe('the hosts that a root fetches packages from', () => {
  for (const [name, text, hosts] of [
    [
      'one-line sources of apt',
      'deb http://archive.ubuntu.com/ubuntu jammy main\n# deb http://old.example/ x y\n',
      ['archive.ubuntu.com'],
    ],
    [
      'sources of apt in paragraphs',
      'Types: deb\nURIs: http://deb.debian.org/debian https://Mirror.example/debian\n',
      ['deb.debian.org', 'mirror.example'],
    ],
    [
      'repositories of apk',
      'https://dl-cdn.alpinelinux.org/alpine/v3.20/main\nhttps://dl-cdn.alpinelinux.org/alpine/v3.20/community\n',
      ['dl-cdn.alpinelinux.org'],
    ],
    ['none', 'deb cdrom:[x]/ y z\n', []],
  ] as const)
    it(name, () => assert.deepEqual(hostsNamed(text), hosts));
});
