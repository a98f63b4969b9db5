/** What a request within a request is after. */
export const INNER = 'GET /v2/_catalog HTTP/1.1\r\nhost: HOST\r\nauthorization: ADMIN\r\n\r\n';

/** Requests within requests. */
export const SHAPES: readonly (readonly [string, string])[] = [
  [
    'two lengths',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: 4\r\ncontent-length: 40\r\n\r\n${INNER}`,
  ],
  [
    'a length and chunks',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'chunks twice',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'another encoding',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'a space before the colon',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'a folded header',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  ['a bare line feed', `POST /oauth2/token HTTP/1.1\nhost: HOST\ncontent-length: 0\n\n${INNER}`],
  ['a body of GET', `GET /v2/ HTTP/1.1\r\nhost: HOST\r\ncontent-length: 0\r\n\r\n${INNER}`],
  ['a pipeline', `GET /v2/ HTTP/1.1\r\nhost: HOST\r\n\r\n${INNER}${INNER}`],
  ['a pipeline of other registries', `GET /v2/ HTTP/1.1\r\nhost: another.azurecr.localhost\r\n\r\n${INNER}`],
  ['a negative length', `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: -1\r\n\r\n${INNER}`],
  ['a length with a sign', `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: +0\r\n\r\n${INNER}`],
  [
    'a chunk size beyond numbers',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n${INNER}`,
  ],
  ['an upgrade', `GET /v2/ HTTP/1.1\r\nhost: HOST\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n${INNER}`],
  ['a tunnel', `CONNECT HOST HTTP/1.1\r\nhost: HOST\r\n\r\n${INNER}`],
  ['HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${INNER}`],
  ['HTTP/0.9', 'GET /v2/\r\n'],
  ['a nul in the path', `GET /v2/\0 HTTP/1.1\r\nhost: HOST\r\n\r\n${INNER}`],
  ['a length in hexadecimal', `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: 0x0\r\n\r\n${INNER}`],
  ['two lengths in one line', `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: 0, 0\r\n\r\n${INNER}`],
  ['a length and a blank', `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ncontent-length: 0 0\r\n\r\n${INNER}`],
  [
    'chunks in another case and a length',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\nTransfer-Encoding: CHUNKED\r\ncontent-length: 5\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'chunks behind a tab',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding:\tchunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'chunks and identity',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: identity, chunked\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'an encoding twice',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n${INNER}`,
  ],
  [
    'an extension of a chunk',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\n0;\n${INNER}`,
  ],
  [
    'a trailer that is a host',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\ntrailer: host\r\n\r\n0\r\nhost: localhost\r\n\r\n${INNER}`,
  ],
  [
    'a chunk that is shorter than it says',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\n1\r\n\r\n${INNER}`,
  ],
  ['a bare carriage return', `GET /v2/ HTTP/1.1\rhost: HOST\r\r${INNER}`],
  ['a line before the request', `\r\n\r\nGET /v2/ HTTP/1.1\r\nhost: HOST\r\n\r\n${INNER}`],
  ['a blank before a header', `GET /v2/ HTTP/1.1\r\n host: HOST\r\n\r\n${INNER}`],
  ['a version that is none', `GET /v2/ HTTP/1.2\r\nhost: HOST\r\n\r\n${INNER}`],
  ['HTTP/1.0 that is kept', `GET /v2/ HTTP/1.0\r\nhost: HOST\r\nconnection: keep-alive\r\n\r\n${INNER}`],
  ['a request in a header', `GET /v2/ HTTP/1.1\r\nhost: HOST\r\nx: a\r\n\tGET /v2/_catalog HTTP/1.1\r\n\r\n${INNER}`],
  ['an expectation of something else', `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\nexpect: 200-ok\r\n\r\n${INNER}`],
  [
    'an expectation with no body',
    `POST /oauth2/token HTTP/1.1\r\nhost: HOST\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n${INNER}`,
  ],
];
