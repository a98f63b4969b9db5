/** Spellings of one host. */
export const SAME_HOST = ['host: NAME_UPPER', 'host: NAME.', 'host: NAME:1', 'Host: NAME:65535'];

/** Host lines that name no registry. */
export const NO_HOST = [
  [],
  ['host: HOST', 'host: HOST'],
  ['host: another.azurecr.localhost', 'host: HOST'],
  ['host: HOST, another.azurecr.localhost'],
  ['host: NAME@another'],
  ['host: NAME:443:443'],
  ['host: NAME/'],
  ['host: localhost'],
  ['host: 127.0.0.1'],
  ['host: [::1]'],
  ['host: *.azurecr.localhost'],
  ['host: '],
  ['host: NAME%00'],
  ['host: xn--NAME'],
  ['host: NAME', 'Host: another.azurecr.localhost'],
  ['host: another.azurecr.localhost, HOST'],
  ['host: NAME#another'],
  ['host: NAME?another'],
  ['host: NAME\\another'],
  ['host: NAME:port'],
  ['host: NAME..'],
  ['host: .NAME'],
  ['host: https://NAME'],
  ['host: 0x7f000001'],
  ['host: 2130706433'],
  ['host: [::ffff:127.0.0.1]'],
];

/** Request lines with a whole target, and what they are answered within. */
export const TARGETS = [
  ['GET https://NAME/v2/ HTTP/1.1', '200'],
  ['GET http://NAME_UPPER/v2/ HTTP/1.1', '200'],
  ['GET https://another.azurecr.localhost/v2/ HTTP/1.1', '421'],
  ['GET https://localhost/v2/ HTTP/1.1', '421'],
  ['GET https://user@NAME/v2/ HTTP/1.1', '421'],
  ['GET ftp://x/v2/ HTTP/1.1', '400'],
  ['GET v2/ HTTP/1.1', '400'],
  ['GET https://NAME:443@another/v2/ HTTP/1.1', '421'],
  ['GET https://NAME.another/v2/ HTTP/1.1', '421'],
  ['GET https:///v2/ HTTP/1.1', '421'],
  ['GET //another/v2/ HTTP/1.1', '404'],
  ['OPTIONS * HTTP/1.1', '400'],
] as const;
