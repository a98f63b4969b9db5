/** The one privileged process of the lab: makes namespaces, links and packet rules as plans say, and hands over sockets. */
import { createServer, type Server } from 'node:net';
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Answer, Purpose, Request } from '../message.ts';
import { difference, type Piece, piecesOf } from '../piece.ts';
import type { LabPlan } from '../plan.ts';
import { carryOut } from './carry-out.ts';
import { openSockets } from './open-sockets.ts';
import { isWhole } from './whole.ts';
import { refusal } from './preflight.ts';
import { sweep } from './sweep.ts';

/** Whoever has this name in the kernel's abstract namespace is the machine's one lab. */
const LOCK = '\0seawall-lab';

let applied: readonly Piece[] = [];
const served = new Set<string>();
/** What was carried out last, and is to stay. */
let current: { readonly plan: LabPlan; readonly port: number } | undefined;
let work: Promise<void> = Promise.resolve();
/** How often the machine is looked at, in ms. */
const LOOK_EVERY_MS = 1000;

function tell(answer: Answer, socket?: Server | DatagramSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.send?.(answer, socket, {}, () => resolve());
  return promise;
}

async function apply(plan: LabPlan, port: number): Promise<void> {
  const wanted = piecesOf(plan);
  await carryOut(difference(applied, wanted));
  applied = wanted;
  const names = new Set(plan.networks.map(({ namespace }) => namespace));
  for (const name of served) if (!names.has(name)) served.delete(name);
  for (const { id, namespace } of plan.networks) {
    if (served.has(namespace)) continue;
    await openSockets(namespace, port, (purpose: Purpose, socket) => handOver(id, purpose, socket));
    served.add(namespace);
  }
}

/** What is handed over is closed here at once: the connections are the server's. */
async function handOver(network: string, purpose: Purpose, socket: Server | DatagramSocket): Promise<void> {
  await tell({ kind: 'socket', network, purpose }, socket);
  socket.close();
}

async function answer(request: Request): Promise<void> {
  try {
    if (request.kind === 'apply') await applyWhole(request.plan, request.port);
    else {
      current = undefined;
      await clear();
    }
    await tell({ kind: 'done', id: request.id });
  } catch (error) {
    await tell({ kind: 'failed', id: request.id, why: error instanceof Error ? error.message : String(error) });
  }
}

/** A plan that was carried out in part is none: somebody took something away, and everything is made anew, once. */
async function applyWhole(plan: LabPlan, port: number): Promise<void> {
  try {
    if (current !== undefined && !(await isWhole(current.plan))) await clear();
    await apply(plan, port);
  } catch {
    await clear();
    await apply(plan, port);
  }
  current = { plan, port };
}

/** Mends what somebody took away, without waiting for the next plan. */
async function look(): Promise<void> {
  if (current === undefined || (await isWhole(current.plan))) return;
  await applyWhole(current.plan, current.port).catch(() => undefined);
}

async function clear(): Promise<void> {
  applied = [];
  served.clear();
  await sweep();
}

async function start(): Promise<void> {
  const why = await refusal(process.argv[2] ?? '');
  if (why !== undefined) {
    await tell({ kind: 'refused', why });
    return process.exit(1);
  }
  const lock = createServer();
  lock.on('error', () => {
    const message = 'another server on this machine has a lab already: stop it, or start this one with --lab off';
    void tell({ kind: 'refused', why: message }).then(() => process.exit(1));
  });
  lock.listen(LOCK, () => {
    void sweep().then(() => tell({ kind: 'ready' }));
  });
}

setInterval(() => {
  work = work.then(look);
}, LOOK_EVERY_MS);
process.on('message', (request: Request) => {
  work = work.then(() => answer(request));
});
// A server that is gone leaves nothing behind, however it went.
process.on('disconnect', () => {
  work = work.then(() => sweep()).then(() => process.exit(0));
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
await start();
