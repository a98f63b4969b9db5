import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseTarget } from './target.ts';

const HOST = 'myregistry.azurecr.localhost';

/** What arrives: `Host` headers, the request's target and the name in the TLS handshake. */
interface Arriving {
  readonly hosts?: readonly string[];
  readonly url?: string;
  readonly sni?: string;
  readonly authorizations?: readonly string[];
}

/** The target as text, or the code of its refusal. */
function read({ hosts = [HOST], url = '/v2/', sni, authorizations = [] }: Arriving): string {
  const request = new IncomingMessage(new Socket());
  request.rawHeaders.push('Accept', '*/*', ...hosts.flatMap((host) => ['hOsT', host]));
  request.rawHeaders.push(...authorizations.flatMap((value) => ['aUthorization', value]));
  request.url = url;
  const target = parseTarget(request, sni);
  return 'code' in target ? target.code : `${target.host} ${target.path} ${target.query}`;
}

const ACCEPTED: readonly (readonly [string, Arriving, string])[] = [
  ['a host', {}, `${HOST} /v2/ `],
  ['a host with a port', { hosts: [`${HOST}:5443`] }, `${HOST} /v2/ `],
  ['a host in capitals', { hosts: [HOST.toUpperCase()] }, `${HOST} /v2/ `],
  ['a host with a final dot', { hosts: [`${HOST}.:443`] }, `${HOST} /v2/ `],
  ['an IPv6 address', { hosts: ['[::1]:5443'] }, '[::1] /v2/ '],
  ['the host of the handshake', { sni: HOST }, `${HOST} /v2/ `],
  ['the host of the handshake in capitals with a dot', { sni: `${HOST.toUpperCase()}.` }, `${HOST} /v2/ `],
  ['another port than that of the listener', { hosts: [`${HOST}:1`], sni: HOST }, `${HOST} /v2/ `],
  ['one Authorization', { authorizations: ['Basic YTpi'] }, `${HOST} /v2/ `],
  ['a query', { url: '/v2/_catalog?n=1&last=a?b' }, `${HOST} /v2/_catalog n=1&last=a?b`],
  ['an absolute form of the same host', { url: `https://${HOST}:5443/v2/?n=1` }, `${HOST} /v2/ n=1`],
  ['an absolute form without a path', { url: `HTTP://${HOST}` }, `${HOST} / `],
  ['an absolute form with a query alone', { url: `http://${HOST}?a` }, `${HOST} / a`],
  ['dots and escapes in the path, untouched', { url: '/v2/../a%2fb' }, `${HOST} /v2/../a%2fb `],
  ['a URL inside the query', { url: '/v2/?x=https://other/' }, `${HOST} /v2/ x=https://other/`],
];

const REFUSED: readonly (readonly [string, Arriving, string])[] = [
  ['two Authorizations', { authorizations: ['Basic YTpi', 'Basic YTpi'] }, 'REQUEST_INVALID'],
  ['no host', { hosts: [] }, 'REQUEST_INVALID'],
  ['two hosts', { hosts: [HOST, 'other.azurecr.localhost'] }, 'REQUEST_INVALID'],
  ['the same host twice', { hosts: [HOST, HOST] }, 'REQUEST_INVALID'],
  ['an empty host', { hosts: [''] }, 'REQUEST_INVALID'],
  ['two hosts in one header', { hosts: [`${HOST}, other`] }, 'REQUEST_INVALID'],
  ['a user before the host', { hosts: [`user@${HOST}`] }, 'REQUEST_INVALID'],
  ['a path behind the host', { hosts: [`${HOST}/v2`] }, 'REQUEST_INVALID'],
  ['a port that is no number', { hosts: [`${HOST}:https`] }, 'REQUEST_INVALID'],
  ['a port without a host', { hosts: [':443'] }, 'REQUEST_INVALID'],
  ['a host longer than names are', { hosts: ['a'.repeat(254)] }, 'REQUEST_INVALID'],
  ['a host with a letter beyond ASCII', { hosts: ['régistre'] }, 'REQUEST_INVALID'],
  ['another host than that of the handshake', { sni: 'other.azurecr.localhost' }, 'MISDIRECTED'],
  ['a host below that of the handshake', { sni: 'azurecr.localhost' }, 'MISDIRECTED'],
  ['an absolute form of another host', { url: 'https://other/v2/' }, 'MISDIRECTED'],
  ['an absolute form with a user', { url: `https://user@${HOST}/v2/` }, 'MISDIRECTED'],
  ['an absolute form without a host', { url: 'https:///v2/' }, 'MISDIRECTED'],
  ['an asterisk', { url: '*' }, 'REQUEST_INVALID'],
  ['an authority', { url: `${HOST}:443` }, 'REQUEST_INVALID'],
  ['another scheme', { url: `ftp://${HOST}/` }, 'REQUEST_INVALID'],
];

describe('the target of a request', () => {
  for (const [what, arriving, expected] of ACCEPTED)
    it(`may have ${what}`, () => assert.equal(read(arriving), expected));
  for (const [what, arriving, code] of REFUSED) it(`may not have ${what}`, () => assert.equal(read(arriving), code));

  it('has a path and a query that together are what was sent', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.webQueryParameters(), (path, query) => {
        const url = `/${path}?${query}`;
        assert.equal(read({ url }), `${HOST} /${path} ${query}`);
      }),
    );
  });
});
