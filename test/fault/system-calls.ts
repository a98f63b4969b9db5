import { readFile } from 'node:fs/promises';

/** What a system call did to files, or said on a socket. Failed calls are left out. */
export type Action =
  | {
      readonly kind: 'open';
      readonly fd: number;
      readonly path: string;
      readonly create: boolean;
      readonly truncate: boolean;
    }
  | { readonly kind: 'duplicate'; readonly fd: number; readonly as: number }
  | { readonly kind: 'close'; readonly fd: number }
  | { readonly kind: 'seek'; readonly fd: number; readonly position: number }
  /** Without `position`: where the descriptor stands. */
  | { readonly kind: 'write'; readonly fd: number; readonly position?: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly fd: number; readonly size: number }
  | { readonly kind: 'sync'; readonly fd: number }
  | { readonly kind: 'make-directory'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'link'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string };

/** One call with the lines of the record between which it ran: its effect came somewhere between the two. */
export interface SystemCall {
  readonly began: number;
  readonly ended: number;
  readonly action: Action;
}

const NAMES = [
  'openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,ftruncate,truncate,fallocate',
  'write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,copy_file_range,sendfile,close,lseek,dup,dup2,dup3,fcntl',
].join();
const LONGEST_STRING = 16 * 1024 * 1024;

/** The command that runs the one behind it and records its calls in a file. */
export function recording(file: string): readonly string[] {
  const how = `-f --seccomp-bpf -xx -s ${LONGEST_STRING} -e signal=none -e trace=${NAMES} -o`;
  return ['strace', ...how.split(' '), file];
}

const LINE = /^(\d+) +(.*)$/;
const UNFINISHED = / <unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. \w+ resumed>(.*)$/;
const CALL = /^(\w+)\((.*)\) += (-?\d+)/;

/** Reads what a record has of a folder and of sockets, in the order in which the calls ended. Throws on a call that changes files in a way not known here. */
export async function readRecord(file: string, root: string): Promise<readonly SystemCall[]> {
  const lines = (await readFile(file, 'latin1')).split('\n');
  const begun = new Map<string, { readonly began: number; readonly text: string }>();
  const calls: SystemCall[] = [];
  for (const [at, line] of lines.entries()) {
    const [, pid = '', text = ''] = LINE.exec(line) ?? [];
    if (UNFINISHED.test(text)) {
      begun.set(pid, { began: at, text: text.replace(UNFINISHED, '') });
      continue;
    }
    const rest = RESUMED.exec(text)?.[1];
    const before = rest === undefined ? undefined : begun.get(pid);
    const whole = before === undefined ? text : before.text + String(rest);
    const [, name = '', args = '', answered = ''] = CALL.exec(whole) ?? [];
    if (name === '' || Number(answered) < 0) continue;
    const action = actionOf(name, args, Number(answered));
    if (action !== undefined && concerns(action, root)) calls.push({ began: before?.began ?? at, ended: at, action });
  }
  return calls;
}

function concerns(action: Action, root: string): boolean {
  const path = 'path' in action ? action.path : 'from' in action ? action.from : root;
  return path.startsWith(root);
}

function actionOf(name: string, args: string, answered: number): Action | undefined {
  const fd = Number(/^(\d+)/.exec(args)?.[1] ?? Number.NaN);
  const [first = '', second = ''] = stringsOf(args).map(String);
  switch (name) {
    case 'openat':
      return {
        kind: 'open',
        fd: answered,
        path: first,
        create: args.includes('O_CREAT'),
        truncate: args.includes('O_TRUNC'),
      };
    case 'close':
      return { kind: 'close', fd };
    case 'lseek':
      return { kind: 'seek', fd, position: answered };
    case 'fcntl':
      return /F_DUPFD/.test(args) ? { kind: 'duplicate', fd, as: answered } : undefined;
    case 'dup':
    case 'dup2':
    case 'dup3':
      return { kind: 'duplicate', fd, as: answered };
    case 'write':
    case 'writev':
      return { kind: 'write', fd, bytes: bytesOf(args, answered) };
    case 'pwrite64':
      return { kind: 'write', fd, bytes: bytesOf(args, answered), position: lastNumber(args) };
    case 'pwritev':
      return { kind: 'write', fd, bytes: bytesOf(args, answered), position: lastNumber(args) };
    case 'fsync':
    case 'fdatasync':
      return { kind: 'sync', fd };
    case 'ftruncate':
      return { kind: 'truncate', fd, size: lastNumber(args) };
    case 'mkdir':
      return { kind: 'make-directory', path: first };
    case 'rename':
      return { kind: 'rename', from: first, to: second };
    case 'link':
      return { kind: 'link', from: first, to: second };
    case 'unlink':
      return { kind: 'unlink', path: first };
    default:
      throw new Error(`the record has ${name}(${args.slice(0, 200)}), whose effect is not modelled`);
  }
}

function stringsOf(args: string): readonly Buffer[] {
  return [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => fromHex(hex));
}

/** What a write took of its strings. */
function bytesOf(args: string, taken: number): Buffer {
  return Buffer.concat(stringsOf(args)).subarray(0, taken);
}

function lastNumber(args: string): number {
  return Number(/(\d+)$/.exec(args)?.[1] ?? Number.NaN);
}

function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll(String.raw`\x`, ''), 'hex');
}
