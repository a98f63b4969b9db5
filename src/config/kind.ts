import { isIPv4, isIPv6 } from 'node:net';
import { type ListenAddress, formatListenAddress, parseDnsName, parseListenAddress, parsePort } from './address.ts';

/** How the value of a setting is written. Flags and the environment give text, a file gives any JSON value. */
export interface SettingKind<T> {
  /** What stands for the value in `--help`, such as `HOST:PORT`. */
  readonly placeholder: string;
  /** What is allowed, as the end of a sentence that begins "must be". */
  readonly allowed: string;
  /** The value; `undefined` when what was given is not allowed. */
  read(raw: unknown): T | undefined;
  /** The value as it is typed. */
  show(value: T): string;
}

function textKind<T>(placeholder: string, allowed: string, parse: (text: string) => T | undefined): SettingKind<T> {
  return {
    placeholder,
    allowed,
    read: (raw) => (typeof raw === 'string' ? parse(raw) : undefined),
    show: String,
  };
}

/** A path of the file system; it must not be empty. */
export const path: SettingKind<string> = textKind('PATH', 'a path', (text) => (text === '' ? undefined : text));

/** A lower-case DNS name. */
export const dnsName: SettingKind<string> = textKind('NAME', 'a lower-case DNS name', parseDnsName);

/** An address to listen on. */
export const listenAddress: SettingKind<ListenAddress> = {
  ...textKind(
    'HOST:PORT',
    'HOST:PORT such as 127.0.0.1:5443 or [::1]:5443; port 0 lets the system choose',
    parseListenAddress,
  ),
  show: formatListenAddress,
};

/** An `https` URL of an origin: scheme, host and port, nothing else. So it cannot carry a password either. */
export const httpsOrigin: SettingKind<string> = textKind(
  'URL',
  'an https URL without path, query and user, such as https://control.example.com',
  (text) => {
    const url = URL.parse(text);
    return url?.protocol === 'https:' && url.href === `${url.origin}/` ? url.origin : undefined;
  },
);

/** A port that others connect to, so never 0. */
export const port: SettingKind<number> = {
  placeholder: 'PORT',
  allowed: 'a port from 1 to 65535',
  read: (raw) => parsePort(String(raw)) || undefined,
  show: String,
};

/** A whole number of `unit` from `least` to `most`. */
export function count(unit: string, least: number, most: number): SettingKind<number> {
  const within = (value: number): number | undefined =>
    Number.isSafeInteger(value) && value >= least && value <= most ? value : undefined;
  return {
    placeholder: unit === '' ? 'NUMBER' : unit.toUpperCase(),
    allowed: `a whole number${unit === '' ? '' : ` of ${unit}`} from ${least} to ${most}`,
    read: (raw) => {
      if (typeof raw === 'number') return within(raw);
      return typeof raw === 'string' && /^\d+$/.test(raw) ? within(Number(raw)) : undefined;
    },
    show: String,
  };
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): SettingKind<T> {
  return textKind(words.join('|'), words.join(' or '), (text) => words.find((word) => word === text));
}

/** A switch: `on` or `off`; a file may also say true or false. */
export const onOff: SettingKind<boolean> = {
  placeholder: 'on|off',
  allowed: 'on or off',
  read: (raw) => {
    if (raw === true || raw === 'on') return true;
    return raw === false || raw === 'off' ? false : undefined;
  },
  show: (value) => (value ? 'on' : 'off'),
};

const IPV4_PREFIX =
  /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\/(?:[89]|1\d|2\d)$/;

/** An IPv4 prefix such as `198.18.77.0/24`, of which there are addresses to give away. */
export const prefix: SettingKind<string> = textKind(
  'PREFIX',
  'an IPv4 prefix of /8 to /29 such as 198.18.77.0/24',
  (text) => (IPV4_PREFIX.test(text) ? text : undefined),
);

/** Targets that may be dialled: prefixes, addresses and names, as text with commas or (in a file) as a list. */
export const targets: SettingKind<readonly string[]> = {
  placeholder: 'TARGET,…',
  allowed: 'prefixes such as 10.1.0.0/16, addresses and host names, separated by commas',
  read: (raw) => {
    const list: readonly unknown[] =
      typeof raw === 'string' ? raw.split(',').filter((one) => one.trim() !== '') : asList(raw);
    const read = list.map((one) => (typeof one === 'string' ? parseTarget(one.trim()) : undefined));
    return Array.isArray(raw) || typeof raw === 'string' ? allThere(read) : undefined;
  },
  show: (value) => value.join(','),
};

function asList(raw: unknown): readonly unknown[] {
  return Array.isArray(raw) ? raw : [];
}

function allThere(read: readonly (string | undefined)[]): readonly string[] | undefined {
  const there = read.filter((one) => one !== undefined);
  return there.length === read.length ? there : undefined;
}

function parseTarget(text: string): string | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0;
  if (bits === 0) return rest.length === 0 && length === undefined ? parseDnsName(text) : undefined;
  if (length === undefined) return `${address}/${bits}`;
  return rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= bits ? text : undefined;
}

/** The name of a user of the machine. */
export const userName: SettingKind<string> = textKind('USER', 'the name of a user of this machine', (text) =>
  /^[a-z_][a-z0-9_-]{0,31}$/.test(text) ? text : undefined,
);
