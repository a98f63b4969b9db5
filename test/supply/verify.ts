/**
 * `npm run verify -- --key PUBLIC.pem [FOLDER]`: whether the files of a release are what its signed statement says, and
 * the signature is by this key. Ends with 0 where all of it is so, with 1 where anything is not.
 */
import { createHash, createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { IN_TOTO, keyIdOf, open } from './dsse.ts';

const USAGE = 'npm run verify -- --key PUBLIC.pem [FOLDER]   (FOLDER is dist where none is named)';

interface Statement {
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicate: {
    readonly buildDefinition: {
      readonly resolvedDependencies: readonly {
        readonly name: string;
        readonly digest: Readonly<Record<string, string>>;
      }[];
    };
  };
}

/** What is wrong with a release, or nothing; tells what was found right. */
function check(folder: string, keyFile: string): string | undefined {
  const [envelope, ...more] = readdirSync(folder).filter((name) => name.endsWith('.intoto.dsse.json'));
  if (envelope === undefined) return `${folder} has no signed statement (*.intoto.dsse.json): the release is unsigned`;
  if (more.length > 0)
    return `${folder} has the statements of more than one release: ${[envelope, ...more].join(', ')}`;
  const key = createPublicKey(readFileSync(keyFile));
  const opened = open(JSON.parse(readFileSync(join(folder, envelope), 'utf8')), IN_TOTO, key);
  if (opened.kind === 'refused') return `${envelope}: ${opened.why}`;
  const { subject, predicate } = JSON.parse(opened.payload) as Statement;
  if (subject.length === 0) return `${envelope} names no file`;
  for (const { name, digest } of subject) {
    const found = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
    if (found !== digest.sha256) return `${name} is not what was signed: its SHA-256 is ${found}, not ${digest.sha256}`;
    console.log(`verify: ${name}: as it was signed`);
  }
  const commit = predicate.buildDefinition.resolvedDependencies.find(({ name }) => name === 'source')?.digest[
    'gitCommit'
  ];
  console.log(`verify: made of commit ${commit ?? 'unknown'}, signed by ${keyIdOf(key)}`);
  return undefined;
}

const { values, positionals } = parseArgs({ options: { key: { type: 'string' } }, allowPositionals: true });
if (values.key === undefined) {
  console.error(`verify: the public key of whoever made the release is needed: ${USAGE}`);
  process.exit(1);
}
let wrong: string | undefined;
try {
  wrong = check(positionals[0] ?? 'dist', values.key);
} catch (error) {
  wrong = `${error instanceof Error ? error.message : String(error)}; ${USAGE}`;
}
if (wrong !== undefined) {
  console.error(`verify: ${wrong}`);
  process.exitCode = 1;
}
