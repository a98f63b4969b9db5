// Makes the bundle that a start loads in place of some 1,600 files; `npm ci` runs it. Parses on Node 20.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFolder, INPUTS, inputOf } from './fresh-bundle.mjs';

/** What decides about the bundle beside the sources: the dependencies, how types are taken away, and what makes it. */
const SURROUNDINGS = ['node_modules/.package-lock.json', 'tsconfig.json', 'bin/bundle.mjs'];
/** How a source names a file beside it. */
const BESIDE = /new URL\('([^']+)', import\.meta\.url\)/g;

/** Bundles the sources of a checkout. Throws where esbuild is not there or cannot. */
export async function bundle(root, folder = bundleFolder(root)) {
  const { build } = await import('esbuild');
  const sources = sourcesOf(root);
  const inputs = [...SURROUNDINGS, ...sources.keys()].map((path) => inputOf(root, path));
  const made = `${folder}.${process.pid}`;
  await build({
    absWorkingDir: root,
    entryPoints: entriesOf(sources),
    outdir: made,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'esnext',
    // ESM of packages that have both: what is not used of them can be left out.
    mainFields: ['module', 'main'],
    plugins: [besidesOf(root, folder, sources), builtins()],
    logLevel: 'silent',
  });
  writeFileSync(join(made, INPUTS), JSON.stringify(inputs));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  renameSync(made, folder);
}

/** The text of each source by its path below the checkout. */
function sourcesOf(root) {
  const paths = readdirSync(join(root, 'src'), { recursive: true }).filter(
    (path) => path.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(path) && !path.startsWith('testkit'),
  );
  return new Map(paths.map((path) => [join('src', path), readFileSync(join(root, 'src', path), 'utf8')]));
}

/** The program, and what runs in threads and processes of its own: by name, the path of each. */
function entriesOf(sources) {
  const others = [...sources].flatMap(([path, text]) =>
    [...text.matchAll(BESIDE)].map(([, to]) => join(dirname(path), to)).filter((to) => sources.has(to)),
  );
  return Object.fromEntries(['src/main.ts', ...others].map((path) => [nameOf(path), path]));
}

/** Every output lies in one folder. */
function nameOf(path) {
  return path.slice('src/'.length, -'.ts'.length).replaceAll('/', '-');
}

/** Files beside a source: a program is its bundled self, anything else stays where it is. */
function besidesOf(root, folder, sources) {
  return {
    name: 'besides',
    setup({ onLoad }) {
      onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        const here = relative(root, path);
        const contents = sources.get(here)?.replaceAll(BESIDE, (_, to) => {
          const target = join(dirname(here), to);
          const found = sources.has(target) ? `./${nameOf(target)}.mjs` : relative(folder, resolve(root, target));
          return `new URL('${found}', import.meta.url)`;
        });
        return contents === undefined ? undefined : { contents, loader: 'ts', ...otherMeta(contents) };
      });
    },
  };
}

/** Anything else of `import.meta` would be the bundle's and not the source's. */
function otherMeta(contents) {
  const found = /import\.meta\.(?!url\))\w+/.exec(contents);
  return found === null ? {} : { errors: [{ text: `${found[0]}: say new URL('…', import.meta.url)` }] };
}

/**
 * Node's own modules as CommonJS has them: for packages that are CommonJS themselves, and for `node:http`, whose ES module asks
 * for each of its exports at once, with fetch among them (45 ms, 17 MB).
 */
function builtins() {
  return {
    name: 'builtins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(node:)?[a-z0-9_]+(\/[a-z0-9_]+)?$/ }, ({ path, kind }) => {
        if (!isBuiltin(path)) return undefined;
        const name = path.startsWith('node:') ? path : `node:${path}`;
        if (kind !== 'require-call' && name !== 'node:http') return { path: name, external: true };
        return { path: name, namespace: 'builtin' };
      });
      onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule('${path}');`,
      }));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  try {
    await bundle(root);
  } catch (error) {
    process.stderr.write(
      `seawall: runs from its sources, which starts slower: they were not bundled: ${error.message}\n`,
    );
  }
}
