/** A path pattern, compiled: fixed segments and parameters before and behind at most one `{name}` of many segments. */
interface Pattern {
  readonly before: readonly Segment[];
  readonly many: string | undefined;
  readonly after: readonly Segment[];
}

type Segment = { readonly literal: string } | { readonly parameter: string };

/** The raw parameters of a match, still percent-encoded. */
export type RawParameters = Readonly<Record<string, string>>;

/** The outcome of looking up a request. */
export type RouteMatch<R> =
  | { readonly kind: 'found'; readonly route: R; readonly parameters: RawParameters }
  | { readonly kind: 'method-not-allowed'; readonly allow: readonly string[] }
  | { readonly kind: 'not-found' };

/** What the router must know of a route; `{name}` in `path` stands for one or more segments, any other parameter for one. */
export interface RoutePattern {
  readonly method: string;
  readonly path: string;
}

/** Finds routes by method and path. */
export type Router<R> = (method: string, path: string) => RouteMatch<R>;

/** Whether the fixed parts of paths are told apart by case: OCI's are, Azure's are not. */
export type PathCase = 'exact' | 'ignored';

/**
 * Compiles a table of routes. Paths are matched from both ends, so that `{name}` may hold slashes; the first route in
 * the table whose path fits wins, so a more particular path stands before a more general one.
 */
export function compileRouter<R extends RoutePattern>(routes: readonly R[], pathCase: PathCase = 'exact'): Router<R> {
  const fold = pathCase === 'exact' ? (text: string) => text : (text: string) => text.toLowerCase();
  const compiled = routes.map((route) => ({ route, pattern: compile(route.path, fold) }));
  return (method, path) => {
    const segments = path.slice(1).split('/');
    const folded = pathCase === 'exact' ? segments : segments.map(fold);
    let firstPath: string | undefined;
    const allow: string[] = [];
    for (const { route, pattern } of compiled) {
      if (firstPath !== undefined && route.path !== firstPath) continue;
      if (!fits(pattern, folded)) continue;
      if (route.method === method) return { kind: 'found', route, parameters: bind(pattern, segments) };
      firstPath ??= route.path;
      allow.push(route.method);
    }
    return allow.length > 0 ? { kind: 'method-not-allowed', allow } : { kind: 'not-found' };
  };
}

function compile(path: string, fold: (text: string) => string): Pattern {
  const segments = path
    .slice(1)
    .split('/')
    .map((text) => compileSegment(text, fold));
  const at = segments.findIndex((segment) => 'parameter' in segment && segment.parameter === 'name');
  if (at < 0) return { before: segments, many: undefined, after: [] };
  return { before: segments.slice(0, at), many: 'name', after: segments.slice(at + 1) };
}

function compileSegment(text: string, fold: (text: string) => string): Segment {
  return text.startsWith('{') ? { parameter: text.slice(1, -1) } : { literal: fold(text) };
}

function fits(pattern: Pattern, segments: readonly string[]): boolean {
  const fixed = pattern.before.length + pattern.after.length;
  if (pattern.many === undefined ? segments.length !== fixed : segments.length <= fixed) return false;
  return agree(pattern.after, segments, segments.length - pattern.after.length) && agree(pattern.before, segments, 0);
}

function agree(wanted: readonly Segment[], segments: readonly string[], from: number): boolean {
  for (const [i, segment] of wanted.entries()) {
    const actual = segments[from + i] ?? '';
    if ('literal' in segment ? segment.literal !== actual : actual === '') return false;
  }
  return true;
}

function bind(pattern: Pattern, segments: readonly string[]): RawParameters {
  const parameters: Record<string, string> = {};
  const end = segments.length - pattern.after.length;
  pattern.before.forEach((segment, i) => take(parameters, segment, segments[i]));
  pattern.after.forEach((segment, i) => take(parameters, segment, segments[end + i]));
  if (pattern.many !== undefined) parameters[pattern.many] = segments.slice(pattern.before.length, end).join('/');
  return parameters;
}

function take(parameters: Record<string, string>, segment: Segment, value: string | undefined): void {
  if ('parameter' in segment) parameters[segment.parameter] = value ?? '';
}
