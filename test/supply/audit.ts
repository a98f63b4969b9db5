/**
 * `npm run audit`: no known weakness in what is shipped, nor in what it is made with, as the registry tells. Many mirrors tell
 * nothing: `--advisories FOLDER` asks advisories in OSV's form instead, such as a clone of github.com/github/advisory-database
 * or what osv.dev has for npm.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Advisory, concerns, type Locked, parseAdvisory } from './osv.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What `npm audit --json` says of one scope; `unanswered` where the registry has no such service. */
type Audited =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly report: string }
  | { readonly kind: 'unanswered'; readonly why: string };

function audit(...scope: readonly string[]): Audited {
  const { stdout, stderr } = spawnSync('npm', ['audit', '--json', ...scope], { encoding: 'utf8' });
  const answer: unknown = parse(stdout);
  const counts = memberOf(memberOf(answer, 'metadata'), 'vulnerabilities');
  if (counts === undefined) return { kind: 'unanswered', why: textOf(memberOf(answer, 'message')) || stderr.trim() };
  return memberOf(counts, 'total') === 0 ? { kind: 'clean' } : { kind: 'found', report: stdout };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function askRegistry(): void {
  for (const [what, scope] of [
    ['what is shipped', ['--omit=dev']],
    ['everything', []],
  ] as const) {
    const audited = audit(...scope);
    switch (audited.kind) {
      case 'clean':
        console.log(`audit: ${what}: no known weakness`);
        break;
      case 'found':
        console.error(audited.report);
        console.error(`audit: ${what}: see above; npm audit fix, or another version`);
        process.exitCode = 1;
        break;
      case 'unanswered':
        // Mirrors have no such service: that is no verdict, and is said.
        console.log(`audit: ${what}: not known, the registry does not answer (${audited.why.slice(0, 200)})`);
        console.log('audit: ask advisories of your own by npm run audit -- --advisories FOLDER');
    }
  }
}

/** Every package of the lock file. */
function locked(): readonly (Locked & { readonly isShipped: boolean })[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version?: string; readonly dev?: true }>>;
  };
  return Object.entries(packages).flatMap(([path, { version, dev }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return path === '' || version === undefined ? [] : [{ name, version, isShipped: dev !== true }];
  });
}

function askAdvisories(folder: string): void {
  const advisories: Advisory[] = [];
  for (const file of globSync('**/*.json', { cwd: folder })) {
    const advisory = parseAdvisory(readFileSync(join(folder, file), 'utf8'));
    if (advisory === undefined) return fail(`${join(folder, file)} is no advisory in the form of OSV`);
    advisories.push(advisory);
  }
  if (advisories.length === 0) return fail(`${folder} has no advisory: files of JSON in the form of OSV are needed`);
  const packages = locked();
  const found = packages.flatMap((one) =>
    advisories.filter((advisory) => concerns(advisory, one)).map((advisory) => ({ one, advisory })),
  );
  for (const { one, advisory } of found)
    console.error(
      `audit: ${one.name} ${one.version}, ${one.isShipped ? 'shipped' : 'not shipped'}: ${advisory.id} ${advisory.summary ?? ''}`,
    );
  if (found.length > 0) process.exitCode = 1;
  const newest =
    advisories
      .map(({ modified }) => modified)
      .toSorted()
      .at(-1) ?? '';
  const named = new Set(advisories.flatMap(({ affected }) => affected.map((one) => one.package?.name)));
  const told = packages.filter(({ name }) => named.has(name)).length;
  console.log(
    `audit: ${packages.length} packages against ${advisories.length} advisories, the newest of ${newest.slice(0, 10)}, that are about ${told} of them: ${found.length} found`,
  );
}

function fail(why: string): void {
  console.error(`audit: ${why}`);
  process.exitCode = 1;
}

const { advisories } = parseArgs({ options: { advisories: { type: 'string' } } }).values;
if (advisories === undefined) askRegistry();
else askAdvisories(advisories);
