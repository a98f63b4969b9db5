import type { Json } from '../../azure/json.ts';
import type { PureFunction } from './function.ts';
import { TemplateError } from './template-error.ts';
import { guid, uniqueString } from './unique-string.ts';
import { arrayOf, numberOf, textOf } from './value.ts';

/** Functions of texts. */
export const TEXT_FUNCTIONS: Readonly<Record<string, PureFunction>> = {
  string: ([value]) => (typeof value === 'object' ? JSON.stringify(value) : textOf('string', value)),
  format: ([pattern, ...args]) => format(textOf('format', pattern), args),
  toLower: ([text]) => textOf('toLower', text).toLowerCase(),
  toUpper: ([text]) => textOf('toUpper', text).toUpperCase(),
  trim: ([text]) => textOf('trim', text).trim(),
  replace: ([text, old, now]) =>
    textOf('replace', text).replaceAll(textOf('replace', old), () => textOf('replace', now)),
  split: ([text, by]) =>
    split(
      textOf('split', text),
      Array.isArray(by) ? by.map((one: Json) => textOf('split', one)) : [textOf('split', by)],
    ),
  join: ([parts, by]) =>
    arrayOf('join', parts)
      .map((one) => textOf('join', one))
      .join(textOf('join', by)),
  startsWith: ([text, start]) =>
    textOf('startsWith', text).toLowerCase().startsWith(textOf('startsWith', start).toLowerCase()),
  endsWith: ([text, end]) => textOf('endsWith', text).toLowerCase().endsWith(textOf('endsWith', end).toLowerCase()),
  padLeft: ([text, width, by = ' ']) =>
    textOf('padLeft', text).padStart(numberOf('padLeft', width), textOf('padLeft', by)),
  substring: ([text, from, count]) => substring(textOf('substring', text), numberOf('substring', from), count),
  uniqueString: (args) => uniqueString(args.map((one) => textOf('uniqueString', one))),
  guid: (args) => guid(args.map((one) => textOf('guid', one))),
  base64: ([text]) => Buffer.from(textOf('base64', text), 'utf8').toString('base64'),
  base64ToString: ([text]) => Buffer.from(textOf('base64ToString', text), 'base64').toString('utf8'),
  base64ToJson: ([text]) => parse('base64ToJson', Buffer.from(textOf('base64ToJson', text), 'base64').toString('utf8')),
  json: ([text]) => parse('json', textOf('json', text)),
  uri: ([base, relative]) => uri(textOf('uri', base), textOf('uri', relative)),
  uriComponent: ([text]) => encodeURIComponent(textOf('uriComponent', text)),
  uriComponentToString: ([text]) => decodeURIComponent(textOf('uriComponentToString', text)),
  dataUri: ([text]) =>
    `data:text/plain;charset=utf8;base64,${Buffer.from(textOf('dataUri', text), 'utf8').toString('base64')}`,
  dataUriToString: ([text]) => fromDataUri(textOf('dataUriToString', text)),
  fail: ([text]) => {
    throw new TemplateError(textOf('fail', text));
  },
};

function uri(base: string, relative: string): string {
  const url = URL.parse(relative, base);
  if (url === null)
    throw new TemplateError(`The template language function 'uri' cannot make a URL of '${base}' and '${relative}'.`);
  return url.href;
}

/** Digits that a format may ask for. */
const MOST_DIGITS = 100;

/** `{0}`, `{1:N0}`, `{{`: as .NET formats, in its invariant culture. */
function format(pattern: string, args: readonly Json[]): string {
  return pattern.replaceAll(
    /\{\{|\}\}|\{(\d+)(?::([^}]*))?\}/g,
    (whole, index: string | undefined, how: string | undefined) => {
      if (whole === '{{') return '{';
      if (whole === '}}') return '}';
      const value = args[Number(index)];
      if (value === undefined)
        throw new TemplateError(`The format '${pattern}' names an argument ${index ?? ''} that is not there.`);
      if (how !== undefined && typeof value === 'number') return formatNumber(value, how);
      return typeof value === 'object' ? JSON.stringify(value) : textOf('format', value);
    },
  );
}

function digitsOf(text: string): number {
  const digits = Number(text);
  if (digits > MOST_DIGITS)
    throw new TemplateError(`A format asks for ${text} digits, and may ask for ${MOST_DIGITS}.`);
  return digits;
}

/** A whole number in a format of .NET: `D3` and `000` pad, `N2` groups, `F2` has a fraction, `X4` is hexadecimal. */
function formatNumber(value: number, how: string): string {
  const match = /^(?:(?<kind>[DdNnFfXx])(?<digits>\d*)|(?<zeros>0+))$/.exec(how);
  if (match === null)
    throw new TemplateError(
      `The format '${how}' of numbers is not built here: there are D, N, F, X with digits, and zeros.`,
    );
  const { kind, digits, zeros } = match.groups ?? {};
  if (kind === undefined) return padded(value, digitsOf(String(zeros?.length ?? 0)));
  const count = digits === '' || digits === undefined ? undefined : digitsOf(digits);
  switch (kind.toUpperCase()) {
    case 'D':
      return padded(value, count ?? 0);
    case 'X': {
      const hex = value.toString(16).padStart(count ?? 0, '0');
      return kind === 'X' ? hex.toUpperCase() : hex;
    }
    case 'N':
      return value.toLocaleString('en-US', { minimumFractionDigits: count ?? 2 });
    default:
      return value.toFixed(count ?? 2);
  }
}

function padded(value: number, count: number): string {
  return `${value < 0 ? '-' : ''}${String(Math.abs(value)).padStart(count, '0')}`;
}

/** The text in a data URI (RFC 2397), in base64 or percent-encoded. */
function fromDataUri(uri: string): string {
  const match = /^data:(?<type>[^,]*),(?<data>.*)$/s.exec(uri);
  if (match === null)
    throw new TemplateError(
      `The template language function 'dataUriToString' expects a data URI, and was given '${uri.slice(0, 200)}'.`,
    );
  const { type = '', data = '' } = match.groups ?? {};
  return /;base64$/i.test(type) ? Buffer.from(data, 'base64').toString('utf8') : decodeURIComponent(data);
}

function split(text: string, by: readonly string[]): readonly string[] {
  return by.reduce<readonly string[]>((parts, one) => parts.flatMap((part) => part.split(one)), [text]);
}

function substring(text: string, from: number, count: Json | undefined): string {
  const length = count === undefined ? text.length - from : numberOf('substring', count);
  if (from < 0 || length < 0 || from + length > text.length)
    throw new TemplateError(
      `The template language function 'substring' was asked for ${length} characters from ${from} on of '${text}', which has ${text.length}.`,
    );
  return text.slice(from, from + length);
}

function parse(name: string, text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    throw new TemplateError(
      `The template language function '${name}' expects JSON, and was given '${text.slice(0, 200)}'.`,
    );
  }
}
