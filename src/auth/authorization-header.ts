import { reject, type Rejection } from './rejection.ts';
import { Token } from './token.ts';

/** What an `Authorization` header carries (RFC 7617, RFC 6750 §2.1). */
export type Authorization =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: Token }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | Rejection;

/** The header as it came: several values are refused, as two readers could each believe another one. */
export type AuthorizationHeader = string | readonly string[] | undefined;

/** The largest header that is looked at, in bytes. */
const MAX_HEADER_BYTES = 8 * 1024;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
// Every control character but none of the letters of any language: RFC 7617 §2 forbids them.
const CONTROL = /\p{Cc}/u;

/** Reads an `Authorization` header. */
export function parseAuthorization(header: AuthorizationHeader): Authorization {
  const values = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  const [value, ...more] = values;
  if (value === undefined) return { kind: 'none' };
  if (more.length > 0) return reject('malformed-header', `${values.length} Authorization headers were sent; send one`);
  if (Buffer.byteLength(value) > MAX_HEADER_BYTES)
    return reject('header-too-large', `the Authorization header is larger than ${MAX_HEADER_BYTES} bytes`);
  const [, scheme = '', rest = ''] = /^([A-Za-z]+) +([^ ,]+) *$/.exec(value) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { kind: 'bearer', token: new Token(rest) };
  if (scheme.toLowerCase() === 'basic') return parseBasic(rest);
  return reject('malformed-header', 'the Authorization header is neither "Bearer TOKEN" nor "Basic BASE64"');
}

function parseBasic(encoded: string): Authorization {
  const text = BASE64.test(encoded) ? decodeUtf8(Buffer.from(encoded, 'base64')) : undefined;
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0 || CONTROL.test(text))
    return reject('malformed-header', 'the Authorization header is not Basic with the base64 of "USERNAME:PASSWORD"');
  return { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
