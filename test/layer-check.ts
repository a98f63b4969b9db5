import { IMPURE, LAYERS, type Layer } from './layer-table.ts';

/** A source file: its path below `src`, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** A rule broken at a place. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly why: string;
}

/** One import of a file. */
interface Import {
  readonly from: string;
  readonly line: number;
  readonly typeOnly: boolean;
}

const STRING_OR_COMMENT = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const IMPORT = /\b(import|export)\s+(type\s)?[^;'"]*?\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g;

/** Every violation of the import table by these sources, cycles among them. */
export function check(sources: readonly Source[]): readonly Violation[] {
  const imports = new Map(sources.map(({ path, text }) => [path, importsOf(text)]));
  return [...sources.flatMap((source) => checkSource(source, imports.get(source.path) ?? [])), ...cycles(imports)];
}

function importsOf(text: string): readonly Import[] {
  const code = text.replace(STRING_OR_COMMENT, (token) => (token.startsWith('/') ? blank(token) : token));
  return [...code.matchAll(IMPORT)].map((match) => ({
    from: match[3] ?? match[4] ?? '',
    line: lineAt(code, match.index),
    typeOnly: match[2] !== undefined,
  }));
}

function blank(token: string): string {
  return token.replaceAll(/[^\n]/g, ' ');
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function checkSource({ path, text }: Source, imports: readonly Import[]): readonly Violation[] {
  const layer = layerOf(path);
  if (layer === undefined)
    return [{ path, line: 1, why: `src/${folderOf(path)} is no folder of the import table (test/layer-table.ts)` }];
  const wrong = imports.flatMap((one) => {
    const why = whyNot(path, layer, one);
    return why === undefined ? [] : [{ path, line: one.line, why }];
  });
  return layer.pure === true ? [...wrong, ...impurities(path, text)] : wrong;
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? path;
}

/** The most particular entry of the table: that of the file, of a folder within, of the folder. */
function layerOf(path: string): Layer | undefined {
  const parts = path.split('/');
  for (let length = parts.length; length > 0; length -= 1) {
    const layer = LAYERS[parts.slice(0, length).join('/')];
    if (layer !== undefined) return layer;
  }
  return undefined;
}

function whyNot(path: string, layer: Layer, { from, typeOnly }: Import): string | undefined {
  const here = folderOf(path);
  if (from.startsWith('node:')) return allowed(layer.node, from.slice(5)) ? undefined : `${here} does without ${from}`;
  if (!from.startsWith('.'))
    return allowed(layer.npm, packageOf(from)) ? undefined : `${here} does without npm's ${from}`;
  const target = resolve(path, from);
  if (folderOf(target) === here && layer.pure !== true) return undefined;
  const may = [...layer.may, ...(typeOnly ? (layer.mayTypes ?? []) : []), entryOf(path)];
  if (may.some((entry) => isWithin(target, entry))) return undefined;
  return `${entryOf(path)} may import ${may.slice(0, -1).join(', ') || 'nothing of ours'}${typeOnly ? ' as types' : ''}, not ${target}`;
}

/** The key of the table that counts for a file. */
function entryOf(path: string): string {
  const parts = path.split('/');
  for (let length = parts.length; length > 1; length -= 1) {
    const key = parts.slice(0, length).join('/');
    if (key in LAYERS) return key;
  }
  return folderOf(path);
}

function isWithin(target: string, entry: string): boolean {
  return target === entry || target === `${entry}.ts` || target.startsWith(`${entry}/`);
}

function allowed(list: 'all' | readonly string[], name: string): boolean {
  return list === 'all' || list.includes(name);
}

function packageOf(from: string): string {
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The path below `src` that a relative import names. */
function resolve(path: string, from: string): string {
  return new URL(from, `file:///${path}`).pathname.slice(1);
}

function impurities(path: string, text: string): readonly Violation[] {
  const code = text.replace(STRING_OR_COMMENT, blank).split('\n');
  return code.flatMap((line, i) =>
    IMPURE.filter(([pattern]) => pattern.test(line)).map(([pattern, instead]) => ({
      path,
      line: i + 1,
      why: `${folderOf(path)} is pure: no ${pattern.exec(line)?.[0]}; ${instead}`,
    })),
  );
}

type Imports = ReadonlyMap<string, readonly Import[]>;

/** Cycles of imports that exist at run time; each is told once, at the import that closes it. */
function cycles(imports: Imports): readonly Violation[] {
  const found: Violation[] = [];
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]): void => {
    if (done.has(path)) return;
    for (const { from, line, typeOnly } of imports.get(path) ?? []) {
      if (typeOnly || !from.startsWith('.')) continue;
      const target = resolve(path, from);
      const ring = [...above, path];
      if (ring.includes(target))
        found.push({
          path,
          line,
          why: `imports in a circle: ${[...ring.slice(ring.indexOf(target)), target].join(' → ')}`,
        });
      else visit(target, ring);
    }
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return found;
}
