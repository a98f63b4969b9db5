import { type Attack, ATTACKS, type Attempt, request } from '../attack/table.ts';
import { failing, filled, outcomeOf, type Target } from '../attack/attempt.ts';
import { readFile } from 'node:fs/promises';
import { EXIT, type ExitCode } from './exit-code.ts';
import { dataOf } from './data-of.ts';
import { hostCommand } from './lab.ts';
import { print } from './print.ts';
import { findServer } from './running-server.ts';
import type { Terminal } from './terminal.ts';
import { dial, type Vantage } from './vantage.ts';

/** What `attack` is told. */
export interface AttackOptions {
  readonly loginServer: string;
  readonly username: string;
  readonly password: string;
  /** Each a command line that connects its standard input and output to `%h` and `%p`, or `lab:HOST`; this machine where absent. */
  readonly outside?: string;
  readonly inside?: string;
  /** PEM file of the CA to trust; the system's own CAs when absent. */
  readonly ca?: string;
  /** Data directory of the running server, whose lab `lab:HOST` is of. */
  readonly data?: string;
  readonly json?: boolean;
}

/** How many attacks are tried at once: fewer than any fair share of a server. */
const AT_ONCE = 4;

interface Result {
  readonly group: string;
  readonly name: string;
  /** What was wrong; absent where all was as it must be. */
  readonly outside?: string;
  readonly inside?: string;
}

/** `attack`: tries every attack of the table on a login server, from where rules refuse, each beside its twin from where they let in. */
export async function attack(terminal: Terminal, options: AttackOptions): Promise<ExitCode> {
  const scene = await sceneOf(terminal, options);
  const wrong = await unfit(scene);
  if (wrong !== undefined) {
    terminal.err(`seawall: ${wrong}\n`);
    return EXIT.usage;
  }
  if (scene.inside === undefined)
    terminal.err('seawall: without --inside the twins that must be let in are not tried\n');
  const results = await inTurns([...ATTACKS], (one) => tryOne(scene, one));
  const failed = results.filter(({ outside, inside }) => outside !== undefined || inside !== undefined);
  const rows = failed.map(({ group, name, outside = '', inside = '' }) => [group, name, outside, inside]);
  const value = { attacks: results.length, failed };
  if (options.json === true || rows.length > 0)
    print(terminal, { value, heading: ['GROUP', 'ATTACK', 'OUTSIDE', 'INSIDE'], rows }, options.json ?? false);
  const twins = scene.inside === undefined ? '' : ', and their twins answered as they must be';
  if (failed.length === 0) terminal.err(`seawall: ${results.length} attacks let nobody in${twins}\n`);
  else terminal.err(`seawall: ${failed.length} of ${results.length} attacks are not as they must be\n`);
  return failed.length === 0 ? EXIT.ok : EXIT.failed;
}

/** Connects its standard input and output to a host and a port. */
const RELAY = `
const [host, port] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port });
process.stdin.pipe(socket).pipe(process.stdout);
socket.on('error', () => undefined).on('close', () => process.stdin.destroy());
`;

interface Scene {
  readonly target: Target;
  readonly outside: Vantage;
  readonly inside: Vantage | undefined;
}

async function sceneOf(terminal: Terminal, options: AttackOptions): Promise<Scene> {
  const { loginServer, username, password, outside, inside, ca } = options;
  const { hostname: host, port: given } = new URL(`https://${loginServer}`);
  const port = Number(given || 443);
  const found = await findServer(dataOf(terminal, options));
  const enter = found.kind === 'running' ? found.server.enterLab : [];
  const caFile = ca ?? (found.kind === 'running' ? found.server.caFile : undefined);
  const trusted = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
  const via = (place: string | undefined): readonly string[] | undefined => {
    if (place === undefined) return undefined;
    if (place.startsWith('lab:'))
      return hostCommand(place.slice(4), [process.execPath, '-e', RELAY, host, String(port)], enter);
    return ['sh', '-c', place.replaceAll('%h', host).replaceAll('%p', String(port))];
  };
  const vantage = (place: string | undefined): Vantage => ({ host, port, ca: trusted, via: via(place) });
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return {
    target: { host: loginServer, authorization },
    outside: vantage(outside),
    inside: inside === undefined ? undefined : vantage(inside),
  };
}

const PLAIN: Attempt = { text: request('GET /v2/ HTTP/1.1', 'host: HOST', 'authorization: ADMIN'), expect: {} };

/** Why the two places are none to try attacks from: the plain request has to be refused from the one, and taken from the other. */
async function unfit(scene: Scene): Promise<string | undefined> {
  const outside = outcomeOf(await send(scene, scene.outside, PLAIN));
  if (outside !== '403')
    return `from outside a plain request is answered ${outside}, must be 403: name a place by --outside that no network rule lets in`;
  if (scene.inside === undefined) return undefined;
  const inside = outcomeOf(await send(scene, scene.inside, PLAIN));
  if (inside === '200') return undefined;
  return `from inside a plain request is answered ${inside}, must be 200: name a place by --inside that a network rule lets in, and a user with its password`;
}

async function tryOne(scene: Scene, { group, name, outside, inside }: Attack): Promise<Result> {
  const tried = async (vantage: Vantage, attempt: Attempt): Promise<string | undefined> =>
    failing(await send(scene, vantage, attempt), attempt.expect);
  const out = await tried(scene.outside, outside);
  const twin = async (from: Vantage): Promise<string | undefined> =>
    // A connection that came to nothing on the way says nothing of rules.
    (await tried(from, inside)) === undefined ? undefined : tried(from, inside);
  const within = scene.inside === undefined ? undefined : await twin(scene.inside);
  return {
    group,
    name,
    ...(out === undefined ? {} : { outside: out }),
    ...(within === undefined ? {} : { inside: within }),
  };
}

function send({ target }: Scene, vantage: Vantage, { before, text }: Attempt): Promise<string> {
  return dial(vantage, before, Buffer.from(filled(text, target), 'latin1'));
}

/** Does all in their order, some at once. */
async function inTurns<T, R>(all: T[], one: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const entries = all.entries();
  const work = async (): Promise<void> => {
    for (const [i, value] of entries) results[i] = await one(value);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
