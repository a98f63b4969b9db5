import { open, readFile } from 'node:fs/promises';

/** A server's entry in a hosts file. */
export interface HostsBlock {
  readonly pid: number;
  /** Tells apart servers whose process ids were the same in turn. */
  readonly dataDir: string;
  /** An IP address. */
  readonly address: string;
  readonly names: readonly string[];
}

/** The outcome of keeping a block: it is in the file, or the file may not be written. */
export type KeptHosts =
  | { readonly kind: 'kept'; readonly path: string; readonly names: readonly string[] }
  | { readonly kind: 'refused'; readonly path: string; readonly advice: string };

const BEGIN = /^# seawall BEGIN pid=(\d+) data=(.*)$/;
const END = '# seawall END';

/** The text of a hosts file with this block at its end, in place of the one that the same process had. */
export function withBlock(text: string, block: HostsBlock): string {
  const rest = withoutBlock(text, block.pid);
  const separator = rest === '' || rest.endsWith('\n') ? '' : '\n';
  return `${rest}${separator}${render(block)}`;
}

/** The text without the block of a process. Every other line stays byte for byte. */
export function withoutBlock(text: string, pid: number): string {
  return removeBlocks(text, (owner) => owner === pid);
}

/** The text without the blocks of processes that have ended. */
export function sweepBlocks(text: string, isAlive: (pid: number) => boolean): string {
  return removeBlocks(text, (owner) => !isAlive(owner));
}

/** Lines to add to a hosts file by hand. */
function hostsLines({ address, names }: Pick<HostsBlock, 'address' | 'names'>): string {
  return names.map((name) => `${address} ${name}\n`).join('');
}

function render(block: HostsBlock): string {
  // A line feed in the name of the folder must not become a line of the file.
  const data = JSON.stringify(block.dataDir);
  return `# seawall BEGIN pid=${block.pid} data=${data}\n${hostsLines(block)}${END}\n`;
}

/** A block that has lost its end is left alone from its first line on: what follows may be somebody else's. */
function removeBlocks(text: string, remove: (pid: number) => boolean): string {
  const lines = text.split(/(?<=\n)/);
  const kept: string[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const end = blockEnd(lines, i, remove);
    if (end === undefined) kept.push(lines[i] ?? '');
    else i = end;
  }
  return kept.join('');
}

/** Where the block ends that begins at `start` and is to be removed. */
function blockEnd(lines: readonly string[], start: number, remove: (pid: number) => boolean): number | undefined {
  const pid = BEGIN.exec((lines[start] ?? '').trimEnd())?.[1];
  if (pid === undefined || !remove(Number(pid))) return undefined;
  for (let i = start + 1; i < lines.length; i += 1) {
    const line = (lines[i] ?? '').trimEnd();
    if (line === END) return i;
    if (BEGIN.test(line)) return undefined;
  }
  return undefined;
}

/** Puts a block into a hosts file and sweeps those of servers that have ended. */
export async function keepHosts(path: string, block: HostsBlock): Promise<KeptHosts> {
  const failure = await rewrite(path, (text) => withBlock(sweepBlocks(text, isAlive), block));
  if (failure === undefined) return { kind: 'kept', path, names: block.names };
  return { kind: 'refused', path, advice: advice(path, block, failure) };
}

/** Takes the block of a process out of a hosts file; says why when that was not possible. */
export async function removeHosts(path: string, pid: number): Promise<string | undefined> {
  const failure = await rewrite(path, (text) => withoutBlock(text, pid));
  return failure === undefined ? undefined : `${path} still has the names of this server: ${failure.message}`;
}

function advice(path: string, block: HostsBlock, failure: Error): string {
  const why = 'code' in failure && failure.code === 'EACCES' ? 'only root may write it' : failure.message;
  const lines = hostsLines(block).replaceAll(/^/gm, '  ').trimEnd();
  return `${path} is left as it is (${why}). Where a client does not find the names, add these lines to it:\n${lines}`;
}

/**
 * Rewrites a file in place: it may be a bind mount, as in containers, which cannot be replaced by rename. One write of the
 * whole, then the length: a reader between the two sees all lines. An unchanged file is not written.
 */
async function rewrite(path: string, change: (text: string) => string): Promise<Error | undefined> {
  try {
    // latin1 keeps every byte, whatever encoding the other lines have.
    const before = await readFile(path, 'latin1');
    const after = change(before);
    if (after !== before) await writeInPlace(path, Buffer.from(after, 'latin1'));
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error;
    throw error;
  }
}

async function writeInPlace(path: string, bytes: Buffer): Promise<void> {
  await using file = await open(path, 'r+');
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
  await file.truncate(bytes.length);
  await file.sync();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
