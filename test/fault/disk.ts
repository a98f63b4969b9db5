import { createHash, type Hash } from 'node:crypto';
import { link, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Action, SystemCall } from './system-calls.ts';

/** A change of a file's bytes that a power failure may still undo. */
type DataChange =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly size: number };

/** A change of a folder's names that a power failure may still undo. */
interface NameChange {
  readonly folder: Node;
  readonly name: string;
  /** `undefined`: the name goes. */
  readonly node: Node | undefined;
  /** The name that a rename makes: where that is lost, the old name is still there. */
  readonly needs?: NameChange;
}

/** A file or folder, as the disk has it, and what was done since and not synced. */
interface Node {
  readonly folder: boolean;
  bytes: Buffer;
  readonly names: Map<string, Node>;
}

/** One change that is not durable, with the line at which it was done. */
interface Pending {
  readonly done: number;
  readonly node: Node;
  readonly change: DataChange | NameChange;
}

/** What a power failure leaves of the changes that were not synced. */
export interface Failure {
  /** Whether the n-th of `count` changes not synced is kept. */
  keeps(index: number, count: number): boolean;
  /** Whether a block of a write that is kept reached the disk. */
  keepsBlock(): boolean;
  /** Whether the size of a file grew though its bytes did not come. */
  keepsSize(): boolean;
}

/** Blocks are torn from one another here, in bytes: the sector that a disk writes whole. */
const SECTOR = 512;

/**
 * A model of what is durable of one folder, fed with the calls of a process. It grants a program no more than POSIX
 * does: bytes are durable by a sync of their file, names by a sync of their folder, and what is not synced is kept or
 * lost in any combination, in pieces of a sector. Only a rename is whole: the old name does not go before the new one came.
 */
export class Disk {
  readonly #root: string;
  readonly #top: Node = folder();
  readonly #live = new Map<Node, Map<string, Node>>();
  readonly #descriptors = new Map<number, { readonly node: Node; position: number }>();
  #pending: Pending[] = [];

  /** `root` is the folder that is watched; it is there, empty and durable. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Takes the effect of a call; answers what it said where it wrote to something that is no file of the folder. */
  take(call: SystemCall): Buffer | undefined {
    const { action, ended } = call;
    switch (action.kind) {
      case 'open':
        this.#open(action, ended);
        return undefined;
      case 'duplicate': {
        const known = this.#descriptors.get(action.fd);
        if (known !== undefined) this.#descriptors.set(action.as, known);
        return undefined;
      }
      case 'close':
        this.#descriptors.delete(action.fd);
        return undefined;
      case 'seek':
        this.#seek(action.fd, action.position);
        return undefined;
      case 'write':
        return this.#write(action, ended);
      case 'truncate':
        this.#data(action.fd, { kind: 'truncate', size: action.size }, ended);
        return undefined;
      case 'sync':
        this.#sync(action.fd, call.began);
        return undefined;
      case 'make-directory':
        this.#name(action.path, folder(), ended);
        return undefined;
      case 'rename':
        this.#rename(action.from, action.to, ended);
        return undefined;
      case 'link':
        this.#name(action.to, this.#find(action.from), ended);
        return undefined;
      case 'unlink':
        this.#name(action.path, undefined, ended);
        return undefined;
    }
  }

  /** How many changes are not durable. */
  get unsynced(): number {
    return this.#pending.length;
  }

  /** Writes into an empty folder what is on the disk after a power failure now; answers a text that is the same for the same content. */
  async leave(failure: Failure, into: string): Promise<string> {
    const count = this.#pending.length;
    const kept = new Set<DataChange | NameChange>();
    const bytes = new Map<Node, Buffer>();
    const names = new Map<Node, Map<string, Node>>();
    for (const [index, { node, change }] of this.#pending.entries()) {
      if (!failure.keeps(index, count)) continue;
      if (!('folder' in change)) {
        bytes.set(node, torn(bytes.get(node) ?? node.bytes, change, failure));
        continue;
      }
      if (change.needs !== undefined && !kept.has(change.needs)) continue;
      kept.add(change);
      const changed = names.get(node) ?? new Map(node.names);
      names.set(node, setName(changed, change));
    }
    const hash = createHash('sha256');
    await materialise(this.#top, into, { bytes, names, paths: new Map(), hash });
    return hash.digest('base64url');
  }

  #open({ fd, path, create, truncate }: Action & { readonly kind: 'open' }, at: number): void {
    this.#descriptors.delete(fd);
    if (!this.#watches(path)) return;
    let node = this.#find(path);
    if (node === undefined && create) {
      node = { folder: false, bytes: Buffer.alloc(0), names: new Map() };
      this.#name(path, node, at);
    }
    if (node === undefined) return;
    this.#descriptors.set(fd, { node, position: 0 });
    if (truncate) this.#data(fd, { kind: 'truncate', size: 0 }, at);
  }

  #seek(fd: number, position: number): void {
    const known = this.#descriptors.get(fd);
    if (known !== undefined) known.position = position;
  }

  #write({ fd, position, bytes }: Action & { readonly kind: 'write' }, at: number): Buffer | undefined {
    const known = this.#descriptors.get(fd);
    if (known === undefined) return bytes;
    this.#data(fd, { kind: 'write', position: position ?? known.position, bytes }, at);
    if (position === undefined) known.position += bytes.length;
    return undefined;
  }

  #data(fd: number, change: DataChange, done: number): void {
    const node = this.#descriptors.get(fd)?.node;
    if (node !== undefined) this.#pending.push({ done, node, change });
  }

  /** Makes durable what was done to the file or folder before the sync began. */
  #sync(fd: number, began: number): void {
    const synced = this.#descriptors.get(fd)?.node;
    if (synced === undefined) return;
    this.#pending = this.#pending.filter(({ node, change, done }) => {
      if (node !== synced || done >= began) return true;
      if ('folder' in change) setName(node.names, change);
      else node.bytes = changed(node.bytes, change);
      return false;
    });
  }

  #rename(from: string, to: string, done: number): void {
    const node = this.#find(from);
    if (node === undefined) return;
    const made = this.#name(to, node, done);
    this.#name(from, undefined, done, made);
  }

  #name(path: string, node: Node | undefined, done: number, needs?: NameChange): NameChange | undefined {
    if (!this.#watches(path)) return undefined;
    const parent = this.#find(dirname(path));
    if (parent === undefined) return undefined;
    const change = { folder: parent, name: basename(path), node, ...(needs && { needs }) };
    setName(this.#namesNow(parent), change);
    this.#pending.push({ done, node: parent, change });
    return change;
  }

  /** The file or folder that the process sees under a path. */
  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#top;
    for (const part of path.slice(this.#root.length).split('/').filter(Boolean))
      node = node && this.#namesNow(node).get(part);
    return node;
  }

  #namesNow(node: Node): Map<string, Node> {
    let names = this.#live.get(node);
    if (names === undefined) {
      names = new Map(node.names);
      this.#live.set(node, names);
    }
    return names;
  }

  #watches(path: string): boolean {
    return path === this.#root || path.startsWith(`${this.#root}/`);
  }
}

function folder(): Node {
  return { folder: true, bytes: Buffer.alloc(0), names: new Map() };
}

function setName(names: Map<string, Node>, { name, node }: NameChange): Map<string, Node> {
  if (node === undefined) names.delete(name);
  else names.set(name, node);
  return names;
}

function changed(bytes: Buffer, change: DataChange): Buffer {
  if (change.kind === 'truncate') return resized(bytes, change.size);
  const end = change.position + change.bytes.length;
  const result = resized(bytes, Math.max(bytes.length, end));
  change.bytes.copy(result, change.position);
  return result;
}

function resized(bytes: Buffer, size: number): Buffer {
  const result = Buffer.alloc(size);
  bytes.copy(result, 0, 0, Math.min(size, bytes.length));
  return result;
}

/** A change of which some sectors came and others did not. */
function torn(before: Buffer, change: DataChange, failure: Failure): Buffer {
  if (change.kind === 'truncate') return changed(before, change);
  const { position, bytes } = change;
  const end = position + bytes.length;
  const result = resized(before, Math.max(before.length, end));
  let size = failure.keepsSize() ? result.length : before.length;
  for (let from = position; from < end; ) {
    const to = Math.min(end, (Math.floor(from / SECTOR) + 1) * SECTOR);
    if (failure.keepsBlock()) {
      bytes.copy(result, from, from - position, to - position);
      size = Math.max(size, to);
    }
    from = to;
  }
  return result.subarray(0, size);
}

interface Kept {
  readonly bytes: ReadonlyMap<Node, Buffer>;
  readonly names: ReadonlyMap<Node, ReadonlyMap<string, Node>>;
  /** The first path of each file that was written: its other names are links to it. */
  readonly paths: Map<Node, string>;
  /** Of everything so far. */
  readonly hash: Hash;
}

async function materialise(node: Node, path: string, kept: Kept): Promise<void> {
  const names = [...(kept.names.get(node) ?? node.names)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, child] of names) {
    const at = join(path, name);
    kept.hash.update(`${child.folder ? 'd' : 'f'} ${name}\0`);
    const first = kept.paths.get(child);
    if (first !== undefined) await link(first, at);
    else if (!child.folder) {
      const bytes = kept.bytes.get(child) ?? child.bytes;
      kept.hash.update(`${bytes.length}\0`).update(bytes);
      await writeFile(at, bytes, { mode: 0o600 });
      kept.paths.set(child, at);
    } else {
      await mkdir(at, { mode: 0o700 });
      await materialise(child, at, kept);
    }
  }
  kept.hash.update('\0');
}
