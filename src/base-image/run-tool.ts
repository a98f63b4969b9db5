import { spawn } from 'node:child_process';

/** A tool that failed; the message has the last of what it said. */
export class ToolError extends Error {
  override name = 'ToolError';
}

/** Lines of a failed tool that are shown. */
const LINES_SHOWN = 12;
/** So that nothing goes on when this process is killed, and no mount of a tool is seen outside it. */
const CONTAINED = [
  'setpriv',
  '--pdeathsig=KILL',
  'unshare',
  '--mount',
  '--propagation=private',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];

/** How a tool is run. */
export interface ToolOptions {
  /** Called with each line that it says on standard error, as it says it. */
  readonly said?: (line: string) => void;
  /** What it reads. */
  readonly input?: NodeJS.ReadableStream;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a tool in namespaces of its own, which end with this process; what it printed. Throws {@link ToolError}. */
export function runContained(argv: readonly string[], options: ToolOptions = {}): Promise<string> {
  return runTool([...CONTAINED, ...argv], options, argv[0] ?? '');
}

/** Runs a tool to its end; what it printed. Throws {@link ToolError}. */
export async function runTool(
  [command = '', ...args]: readonly string[],
  { said, input, env }: ToolOptions = {},
  called: string = command,
): Promise<string> {
  const child = spawn(command, args, { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], env });
  let out = '';
  const lines: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const [last = '', ...whole] = (rest + text).split('\n').toReversed();
    rest = last;
    for (const line of whole.toReversed()) {
      lines.push(line);
      if (lines.length > LINES_SHOWN) lines.shift();
      said?.(line);
    }
  });
  child.stdin?.on('error', () => undefined);
  if (child.stdin !== null) input?.pipe(child.stdin);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', (error) => reject(new ToolError(`cannot run ${called}: ${error.message}`)));
  child.on('close', resolve);
  const code = await promise;
  if (code === 0) return out;
  throw new ToolError(`${called} ended with ${code ?? 'a signal'}:\n${[...lines, rest].join('\n').trim()}`);
}
