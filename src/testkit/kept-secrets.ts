import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerState } from '../server/state-file.ts';
import { noteSecret } from './run-log.ts';

/** Lines of a key file that are shorter tell nothing: its frame, and its end. */
const SHORTEST_KEY_LINE = 40;

/** Has the run look for everything secret that a server keeps as it is below its data: its owner's secret, and its keys. */
export async function noteSecretsOf(dataDir: string): Promise<void> {
  const state: ServerState = JSON.parse(await readFile(join(dataDir, 'run', 'seawall.json'), 'utf8'));
  noteSecret({ kind: 'the secret of the owner', secret: state.clientSecret ?? '' });
  const trust = join(dataDir, 'trust');
  for (const file of await readdir(trust)) {
    if (!/\.key$|^signing-keys\.json$/.test(file)) continue;
    for (const secret of await keyTexts(join(trust, file))) noteSecret({ kind: `a private key (${file})`, secret });
  }
}

/** What is secret in a file of keys: the lines of PEM and of sealing keys, the private number of keys that sign. */
async function keyTexts(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8');
  if (path.endsWith('.json')) return [...text.matchAll(/"d": ?"([^"]+)"/g)].map(([, secret = '']) => secret);
  return text.split('\n').filter((line) => line.length >= SHORTEST_KEY_LINE && !line.startsWith('-----'));
}
