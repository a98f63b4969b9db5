import { fork } from 'node:child_process';
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { HostsBlock } from './hosts-file.ts';
import type { MachineCommand, MachineCommandEnd, MachinePlan, MachineSettings, MachineState } from './machine.ts';
import type { Answer, Purpose, Request, SupervisorSettings } from './message.ts';
import type { LabPlan } from './plan.ts';

const SUPERVISOR = fileURLToPath(new URL('supervisor/main.ts', import.meta.url));

/** The lab's fabric, as the server uses it. */
export interface Fabric extends AsyncDisposable {
  /** Makes the machine's network as the plan says; resolves when packets go that way. Throws {@link FabricError}. */
  apply(plan: LabPlan, port: number): Promise<void>;
  /** A socket that listens at the registries' address, on this port. Throws {@link FabricError}. */
  listen(port: number): Promise<Server>;
  /** Puts a block into the hosts file, or takes this process's out; says why it could not. */
  keepHosts(block: HostsBlock | undefined): Promise<string | undefined>;
  /** Tells of all machines that are to be; resolves when that is known. How they come along is told to `found`. */
  machines(plans: readonly MachinePlan[]): Promise<void>;
  /** Runs a command inside a machine. */
  execute(uid: string, command: MachineCommand): Promise<MachineCommandEnd>;
  /** What has to come before a command that is to run where the lab is; nothing where that is the machine itself. */
  readonly enter: readonly string[];
}

/** A fabric that is not as the plan says; the message has the step that failed. */
class FabricError extends Error {
  override name = 'FabricError';
}

/** The outcome of starting the supervisor. */
export type StartedFabric =
  | { readonly kind: 'started'; readonly fabric: Fabric }
  | { readonly kind: 'refused'; readonly why: string };

/** What a socket of a router is for. */
export type TakeSocket = (network: string, purpose: Purpose, socket: Server | DatagramSocket) => void;

/** What a fabric is made with. */
export interface FabricOptions {
  readonly publicPrefix: string;
  /** The hosts file that the supervisor keeps; `undefined` for none. */
  readonly hostsFile: string | undefined;
  /** Whether it is made in a user namespace, without root: nothing of it can be seen from the machine. */
  readonly rootless: boolean;
  readonly machines: MachineSettings;
  readonly take: TakeSocket;
  /** Is told how a machine is found from now on; `undefined`: nothing is left of it. */
  readonly found: (uid: string, state: MachineState | undefined) => void;
  /** Is told that the supervisor is gone. */
  readonly ended: () => void;
}

type Done = { readonly value?: string | undefined; readonly socket?: Server; readonly end?: MachineCommandEnd };

/** Starts the supervisor. It takes away what an earlier run left, and what this one made when the server ends, however that is. */
export async function startFabric(options: FabricOptions): Promise<StartedFabric> {
  const { rootless, take, found, ended } = options;
  const child = fork(SUPERVISOR, [JSON.stringify(settingsOf(options))], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
    // Options of this process are not the supervisor's: those of a test runner would have it run tests.
    execArgv: [],
    ...(rootless ? IN_USER_NAMESPACE : {}),
  });
  const first = Promise.withResolvers<Extract<Answer, { kind: 'ready' | 'refused' }>>();
  const waiting = new Map<number, PromiseWithResolvers<Done>>();
  child.on('message', (answer: Answer, socket) => {
    switch (answer.kind) {
      case 'ready':
      case 'refused':
        return first.resolve(answer);
      case 'socket':
        // The supervisor sends a socket with each such message, of the kind its purpose says.
        return take(answer.network, answer.purpose, socket as unknown as Server | DatagramSocket);
      case 'done':
        return waiting.get(answer.id)?.resolve({ value: answer.value });
      case 'listening':
        // It comes with the server that listens.
        return waiting.get(answer.id)?.resolve({ socket: socket as unknown as Server });
      case 'executed':
        return waiting.get(answer.id)?.resolve({ end: answer.end });
      case 'machine':
        return found(answer.uid, answer.state);
      case 'failed':
        return waiting.get(answer.id)?.reject(new FabricError(answer.why));
    }
  });
  child.on('error', (error) => first.resolve({ kind: 'refused', why: error.message }));
  child.on('exit', () => {
    first.resolve({ kind: 'refused', why: "the lab's supervisor ended" });
    for (const { reject } of waiting.values()) reject(new FabricError("the lab's supervisor ended"));
    ended();
  });
  const answer = await first.promise;
  if (answer.kind === 'refused') return answer;
  let id = 0;
  const send = async (request: Request): Promise<Done> => {
    const done = Promise.withResolvers<Done>();
    waiting.set(request.id, done);
    child.send(request, (error) => {
      if (error !== null) done.reject(new FabricError("the lab's supervisor ended"));
    });
    return done.promise.finally(() => waiting.delete(request.id));
  };
  return {
    kind: 'started',
    fabric: {
      enter: rootless ? enterOf(child.pid ?? 0) : [],
      async apply(plan, port) {
        await send({ kind: 'apply', id: (id += 1), plan, port });
      },
      async listen(port) {
        const { socket } = await send({ kind: 'listen', id: (id += 1), port });
        if (socket === undefined) throw new FabricError(`no socket came for port ${port}`);
        return socket;
      },
      async keepHosts(block) {
        const { pid } = process;
        return (await send({ kind: 'hosts', id: (id += 1), pid, ...(block === undefined ? {} : { block }) })).value;
      },
      async machines(machines) {
        await send({ kind: 'machines', id: (id += 1), machines });
      },
      async execute(uid, command) {
        const { end } = await send({ kind: 'execute', id: (id += 1), uid, command });
        return end ?? { kind: 'refused', why: 'the supervisor did not run it' };
      },
      async [Symbol.asyncDispose]() {
        await send({ kind: 'end', id: (id += 1) }).catch(() => undefined);
        child.disconnect();
      },
    },
  };
}

function settingsOf({ publicPrefix, hostsFile, rootless, machines }: FabricOptions): SupervisorSettings {
  return { publicPrefix, hostsFile: hostsFile ?? null, machines: rootless ? null : machines };
}

const BEGIN = 'mount -t tmpfs tmpfs /run && mkdir /run/netns && exec "$0" "$@"';

/** The supervisor as root of namespaces of its own, with its own `/run` for their names (facts/lab.md §6). */
const IN_USER_NAMESPACE = {
  execPath: 'unshare',
  execArgv: '--user --map-root-user --net --mount --propagation private sh -c'
    .split(' ')
    .concat(BEGIN, process.execPath),
};

function enterOf(pid: number): readonly string[] {
  return ['nsenter', '--target', String(pid), '--user', '--net', '--mount', '--preserve-credentials'];
}
