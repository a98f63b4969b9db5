/** By which way this machine reaches a host of packages: what its apt is told, and then its environment. Pure. */

/** A way to a host. */
export type Way =
  | { readonly kind: 'direct' }
  | {
      readonly kind: 'proxy';
      readonly host: string;
      readonly port: number;
      /** The value of `Proxy-Authorization`, where the proxy's URL has a user. */
      readonly authorization: string | undefined;
    };

/** What this machine says of its proxies. */
export interface ProxySettings {
  /** Lines of `apt-config dump`, such as `Acquire::http::Proxy "http://proxy:3128";`. */
  readonly apt: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

const DIRECT: Way = { kind: 'direct' };

/** The way to a host: apt's setting for that host, apt's setting, then the environment's (apt.conf(5), "The HTTP method"). */
export function wayTo(scheme: 'http' | 'https', host: string, { apt, env }: ProxySettings): Way {
  const configured = aptProxy(apt, scheme, host);
  if (configured !== undefined) return parsed(configured);
  const variable = env[`${scheme}_proxy`] ?? (scheme === 'https' ? env['HTTPS_PROXY'] : undefined);
  if (variable === undefined || variable === '' || isExcepted(host, env['no_proxy'] ?? env['NO_PROXY'] ?? ''))
    return DIRECT;
  return parsed(variable);
}

function aptProxy(lines: readonly string[], scheme: string, host: string): string | undefined {
  const value = (key: string): string | undefined => {
    const found = lines.find((line) => line.toLowerCase().startsWith(`${key.toLowerCase()} "`));
    return found === undefined ? undefined : /"(.*)";$/.exec(found)?.[1];
  };
  const of = (one: string): string | undefined =>
    value(`Acquire::${one}::Proxy::${host}`) ?? value(`Acquire::${one}::Proxy`);
  // What is said of http holds for https, too, where nothing else is.
  return of(scheme) ?? (scheme === 'https' ? of('http') : undefined);
}

function parsed(text: string): Way {
  if (text === '' || text.toUpperCase() === 'DIRECT') return DIRECT;
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null || url.protocol !== 'http:') return DIRECT;
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    kind: 'proxy',
    host: url.hostname,
    port: url.port === '' ? 80 : Number(url.port),
    authorization: url.username === '' ? undefined : `Basic ${btoa(user)}`,
  };
}

function isExcepted(host: string, list: string): boolean {
  return list
    .split(',')
    .map((one) =>
      one
        .trim()
        .toLowerCase()
        .replace(/^\*?\./, ''),
    )
    .some((one) => one === '*' || (one !== '' && (host === one || host.endsWith(`.${one}`))));
}
