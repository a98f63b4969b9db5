import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Source, check } from './layer-check.ts';

/** Reads the sources below a folder; tests and what only they use are free in what they import. */
export function sourcesOf(root: string): readonly Source[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.(?:test|fixture)\.ts$|(?:^|\/)contract\.ts$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** A planted violation: a tree of sources of which one line says what is wrong with it. */
interface Planted {
  readonly name: string;
  readonly sources: readonly Source[];
  /** What the check must say, from the comment `// breaks: …`. */
  readonly expected: string;
}

/** Every folder of `test/bad-import`, each a `src` of its own. */
export function planted(root: string): readonly Planted[] {
  return readdirSync(root).map((name) => {
    const sources = sourcesOf(join(root, name));
    const expected = sources
      .map(({ text }) => /^\/\/ breaks: (.+)$/m.exec(text)?.[1])
      .find((found) => found !== undefined);
    if (expected === undefined) throw new Error(`test/bad-import/${name} does not say what it breaks ("// breaks: …")`);
    return { name, sources, expected };
  });
}

/** What is wrong, a line each: violations in `src`, and planted ones that the check does not see. */
export function complaints(root: string): readonly string[] {
  const real = check(sourcesOf(join(root, 'src'))).map(({ path, line, why }) => `src/${path}:${line}: ${why}`);
  const unseen = planted(join(root, 'test/bad-import'))
    .filter(({ sources, expected }) => !check(sources).some(({ why }) => why.includes(expected)))
    .map(({ name, expected }) => `test/bad-import/${name}: the check no longer says "${expected}"`);
  return [...real, ...unseen];
}

if (import.meta.main) {
  const lines = complaints(join(import.meta.dirname, '..'));
  for (const line of lines) process.stderr.write(`${line}\n`);
  if (lines.length > 0) process.exitCode = 1;
}
