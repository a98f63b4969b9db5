import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, table } from './figure.ts';
import { plot } from './plot.ts';

const README = join(import.meta.dirname, 'README.md');
const PLOT = join(import.meta.dirname, '..', 'docs', 'speed.svg');
const HEADING = '## Newest table';

/** What a run found. */
export interface Findings {
  readonly measured: ReadonlyMap<string, readonly Figure[]>;
  /** Machine, Node, day and noise. */
  readonly said: string;
}

/** Puts a run's table into this folder's README and its plot into the documents. */
export async function publish({ measured, said }: Findings): Promise<void> {
  const readme = await readFile(README, 'utf8');
  const end = readme.indexOf(HEADING);
  if (end < 0) throw new Error(`${README} has no heading ${HEADING}`);
  await writeFile(README, `${readme.slice(0, end)}${HEADING}\n\n${said}.\n\n${table(measured)}\n`);
  await writeFile(PLOT, plot(measured, said));
}
