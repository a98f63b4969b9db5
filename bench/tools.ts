import { join } from 'node:path';
import { run } from '../test/client/process.ts';
import type { Origin } from './subject.ts';

/** What wrk found: answers a second, and how long the slowest hundredth took at least, in ms. */
export interface Loaded {
  readonly rate: number;
  readonly requests: number;
  readonly p99Ms: number;
}

/** A load: as many connections, each asking again as soon as it has its answer. */
export interface LoadShape {
  readonly path: string;
  readonly accept: string;
  readonly connections: number;
  readonly seconds: number;
}

/** Runs wrk with one thread. Throws when an answer was not of success. */
export async function wrk({ url, headers }: Origin, load: LoadShape): Promise<Loaded> {
  const said = Object.entries({ ...headers, accept: load.accept }).flatMap(([name, value]) => [
    '-H',
    // wrk knows its own header by this spelling alone.
    `${name === 'host' ? 'Host' : name}: ${value}`,
  ]);
  const shape = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--latency'];
  const { stdout, stderr, code } = await run(['wrk', ...shape, ...said, `${url}${load.path}`]);
  if (code !== 0 || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}${stderr}`);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
  };
}

/** HEAD requests, which wrk cannot do as it waits for a body, by a process of this folder. */
export async function headLoad({ url, headers }: Origin, load: LoadShape): Promise<Omit<Loaded, 'p99Ms'>> {
  const { host, port } = new URL(url);
  const all = { host, ...headers, accept: load.accept };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const head = `${[`HEAD ${load.path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`;
  const script = join(import.meta.dirname, 'head-load.ts');
  const shape = [port, String(load.connections), String(load.seconds * 1000), head];
  const { stdout, stderr, code } = await run([process.execPath, script, ...shape]);
  if (code !== 0) throw new Error(`head-load: ${stderr}`);
  return JSON.parse(stdout);
}

function milliseconds(found: RegExpExecArray | null): number {
  const factor = { us: 0.001, ms: 1, s: 1000 }[found?.[2] ?? ''] ?? Number.NaN;
  return Number(found?.[1]) * factor;
}

/** How fast a transfer may go, in bytes a second; as fast as it can where it is not said. */
interface Pace {
  readonly bytesPerSecond?: number | undefined;
}

function paced({ bytesPerSecond }: Pace): readonly string[] {
  return bytesPerSecond === undefined ? [] : ['--limit-rate', String(bytesPerSecond)];
}

/** Downloads with curl and forgets the bytes; answers the seconds it took. */
export async function download(origin: Origin, path: string, pace: Pace = {}): Promise<number> {
  return curl(origin, path, ['-o', '/dev/null', ...paced(pace)]);
}

/** Sends a file with curl; answers the seconds it took and the answer's Location. */
export async function upload(
  origin: Origin,
  path: string,
  { method, file, ...pace }: { readonly method: 'PATCH' | 'PUT'; readonly file: string } & Pace,
): Promise<{ readonly seconds: number; readonly location: string }> {
  const sent = [
    '-X',
    method,
    '-T',
    file,
    '-H',
    'content-type: application/octet-stream',
    '-H',
    'expect:',
    ...paced(pace),
  ];
  const ended = await run(['curl', ...common(origin), ...sent, ...WRITE_OUT, target(origin, path)]);
  const [seconds, location] = outcome(ended.stdout, ended.stderr);
  return { seconds, location };
}

const WRITE_OUT = ['-w', '\n%{http_code} %{time_total} %header{location}', '-s'];

async function curl(origin: Origin, path: string, options: readonly string[]): Promise<number> {
  const ended = await run(['curl', ...common(origin), ...options, ...WRITE_OUT, target(origin, path)]);
  return outcome(ended.stdout, ended.stderr)[0];
}

function common({ headers }: Origin): readonly string[] {
  return ['-k', ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])];
}

function target({ url }: Origin, path: string): string {
  return path.startsWith('http') ? url + path.replace(/^https?:\/\/[^/]*/, '') : url + path;
}

function outcome(stdout: string, stderr: string): readonly [seconds: number, location: string] {
  const [status = '', seconds = '', location = ''] = (stdout.trimEnd().split('\n').at(-1) ?? '').split(' ');
  if (!/^2\d\d$/.test(status)) throw new Error(`curl: ${stdout.slice(0, 500)} ${stderr.slice(0, 500)}`);
  return [Number(seconds), location];
}
