import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, whereIs } from './process.ts';

/** A command that `go install` can make. */
export interface GoTool {
  /** Module path, package and version: `example.org/x/cmd/x@v1.2.3`. */
  readonly source: string;
  /** The name of the command that comes out. */
  readonly name: string;
}

/** A command that is there, or why it is not. */
export type Installed =
  | { readonly kind: 'installed'; readonly path: string }
  | { readonly kind: 'missing'; readonly why: string };

const OLDEST_GO = 24;
const ATTEMPTS = 3;

/**
 * Makes a Go command in a folder that outlives the run, so that the next one finds it built. What is missing is said,
 * not thrown: no Go, one older than 1.24, or no way to the modules in {@link ATTEMPTS} attempts.
 */
export async function installGoTool(tool: GoTool): Promise<Installed> {
  const why = await whyNoGo();
  if (why !== undefined) return { kind: 'missing', why };
  const folder = join(tmpdir(), 'seawall-go-bin', tool.source.replaceAll(/[^\w.@-]+/g, '_'));
  await mkdir(folder, { recursive: true });
  const path = join(folder, tool.name);
  if (!tool.source.endsWith('@latest') && whereIs(path) !== undefined) return { kind: 'installed', path };
  const failure = await install(tool, folder);
  return failure === undefined ? { kind: 'installed', path } : { kind: 'missing', why: failure };
}

async function install(tool: GoTool, folder: string): Promise<string | undefined> {
  let said = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const ended = await run(['go', 'install', tool.source], { env: { GOBIN: folder, GOFLAGS: '-buildvcs=false' } });
    if (ended.code === 0) return undefined;
    said = ended.stderr.trim().split('\n').at(-1) ?? '';
  }
  return `go install ${tool.source} failed ${ATTEMPTS} times: ${said}`;
}

async function whyNoGo(): Promise<string | undefined> {
  if (whereIs('go') === undefined) return 'Go is not installed';
  const { stdout } = await run(['go', 'env', 'GOVERSION']);
  const minor = /^go1\.(\d+)/.exec(stdout)?.[1];
  if (minor !== undefined && Number(minor) >= OLDEST_GO) return undefined;
  return `Go 1.${OLDEST_GO} or newer is needed, here is ${stdout.trim()}`;
}
