/** The one privileged process of the lab: makes namespaces, links and packet rules as plans say, and hands over sockets. */
import { createServer, type Server } from 'node:net';
import type { Socket as DatagramSocket } from 'node:dgram';
import { type HostsBlock, keepHosts, removeHosts } from '../hosts-file.ts';
import type { Answer, Purpose, Request, SupervisorSettings } from '../message.ts';
import { difference, INTERNET, type Piece, piecesOf } from '../piece.ts';
import type { MachineState } from '../machine.ts';
import type { LabPlan } from '../plan.ts';
import { carryOut } from './carry-out.ts';
import { openSockets, routerSockets } from './open-sockets.ts';
import { checkBlock, checkMachine, checkPlan } from './check.ts';
import { type Machines, openMachines } from './machine/machines.ts';
import { isWhole } from './whole.ts';
import { refusal } from './preflight.ts';
import { sweep } from './sweep.ts';

/** Whoever has this name in the kernel's abstract namespace is the machine's one lab. */
const LOCK = '\0seawall-lab';

// The server wrote it, which is of the same version, before it let go of root.
const settings = JSON.parse(process.argv[2] ?? '{}') as SupervisorSettings;
const { publicPrefix } = settings;
const hostsFile = settings.hostsFile ?? '';
let applied: readonly Piece[] = [];
/** Processes whose names are in the hosts file. */
const named = new Set<number>();
const served = new Set<string>();
/** What was carried out last, and is to stay. */
let current: { readonly plan: LabPlan; readonly port: number } | undefined;
let work: Promise<void> = Promise.resolve();
/** Nobody's before the lab is this process's. */
let machines: Machines | undefined;
/** How often the machine is looked at, in ms. */
const LOOK_EVERY_MS = 1000;

function tell(answer: Answer, socket?: Server | DatagramSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (!process.connected) return Promise.resolve();
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
    await openSockets(namespace, routerSockets(port), (purpose: Purpose, socket) => handOver(id, purpose, socket));
    served.add(namespace);
  }
}

/** What is handed over is closed here at once: the connections are the server's. */
async function handOver(network: string, purpose: Purpose, socket: Server | DatagramSocket): Promise<void> {
  await tell({ kind: 'socket', network, purpose }, socket);
  socket.close();
}

/** A socket at the registries' address. */
async function listen(id: number, port: number): Promise<void> {
  const host = current?.plan.registry;
  if (host === undefined) throw new Error('there is no network yet to listen in');
  await openSockets(INTERNET, [{ purpose: 'registry', kind: 'tcp', host, port }], async (_, socket) => {
    await tell({ kind: 'listening', id }, socket);
    socket.close();
  });
}

async function keepNames(block: HostsBlock | undefined, pid: number): Promise<string | undefined> {
  if (hostsFile === '') return 'this lab keeps no hosts file';
  if (block === undefined) return removeHosts(hostsFile, pid);
  checkBlock(block);
  named.add(block.pid);
  const kept = await keepHosts(hostsFile, block);
  return kept.kind === 'refused' ? kept.advice : undefined;
}

type Serial = Exclude<Request, { readonly kind: 'execute' }>;

async function answer(request: Serial): Promise<void> {
  try {
    const value = await done(request);
    await tell({ kind: 'done', id: request.id, ...(value === undefined ? {} : { value }) });
  } catch (error) {
    await tell({ kind: 'failed', id: request.id, why: error instanceof Error ? error.message : String(error) });
  }
}

/** Commands inside machines wait for nobody, and nobody waits for them. */
async function execute({ id, uid, command }: Exclude<Request, Serial>): Promise<void> {
  const end = (await machines?.execute(uid, command)) ?? { kind: 'refused', why: 'there are no machines' };
  await tell({ kind: 'executed', id, end });
}

async function done(request: Serial): Promise<string | undefined> {
  switch (request.kind) {
    case 'apply':
      await applyWhole(checkPlan(request.plan), request.port);
      return undefined;
    case 'listen':
      await listen(request.id, request.port);
      return undefined;
    case 'hosts':
      return keepNames(request.block, request.pid);
    case 'machines':
      machines?.want(request.machines.map(checkMachine));
      return undefined;
    case 'end':
      await end();
      return undefined;
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
  await machines?.look();
  if (current === undefined || (await isWhole(current.plan))) return;
  await applyWhole(current.plan, current.port).catch(() => undefined);
}

async function clear(): Promise<void> {
  applied = [];
  served.clear();
  await sweep(machines?.namespaces());
}

async function end(): Promise<void> {
  current = undefined;
  await machines?.close();
  await clear();
}

async function start(): Promise<void> {
  const why = await refusal(publicPrefix);
  if (why !== undefined) {
    await tell({ kind: 'refused', why });
    return process.exit(1);
  }
  const lock = createServer();
  lock.on('error', () => {
    const message = 'another server on this machine has a lab already: stop it, or start this one with --lab off';
    void tell({ kind: 'refused', why: message }).then(() => process.exit(1));
  });
  lock.listen(LOCK, () => void begin());
}

async function begin(): Promise<void> {
  try {
    const report = (uid: string, state: MachineState | undefined): void => void tell({ kind: 'machine', uid, state });
    if (settings.machines !== null) machines = await openMachines(settings.machines, report);
    await sweep(machines?.namespaces());
    await tell({ kind: 'ready' });
  } catch (error) {
    await tell({ kind: 'refused', why: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }
}

let isLooking = false;
setInterval(() => {
  if (isLooking) return;
  isLooking = true;
  work = work.then(look).finally(() => (isLooking = false));
}, LOOK_EVERY_MS);
process.on('message', (request: Request) => {
  if (request.kind === 'execute') return void execute(request);
  work = work.then(() => answer(request));
});
// A server that is gone leaves nothing behind, however it went.
process.on('disconnect', () => {
  work = work
    .then(end)
    .then(() => Promise.all([...named].map((pid) => removeHosts(hostsFile, pid))))
    .then(() => process.exit(0));
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
await start();
