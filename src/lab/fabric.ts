import { fork } from 'node:child_process';
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Answer, Purpose, Request } from './message.ts';
import type { LabPlan } from './plan.ts';

const SUPERVISOR = fileURLToPath(new URL('supervisor/main.ts', import.meta.url));

/** The lab's fabric, as the server uses it. */
export interface Fabric extends AsyncDisposable {
  /** Makes the machine's network as the plan says; resolves when packets go that way. Throws {@link FabricError}. */
  apply(plan: LabPlan, port: number): Promise<void>;
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

/** Starts the supervisor. It takes away what an earlier run left, and what this one made when the server ends, however that is. */
export async function startFabric(publicPrefix: string, take: TakeSocket): Promise<StartedFabric> {
  const child = fork(SUPERVISOR, [publicPrefix], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
    // Options of this process are not the supervisor's: those of a test runner would have it run tests.
    execArgv: [],
  });
  const first = Promise.withResolvers<Extract<Answer, { kind: 'ready' | 'refused' }>>();
  const waiting = new Map<number, PromiseWithResolvers<void>>();
  child.on('message', (answer: Answer, socket) => {
    switch (answer.kind) {
      case 'ready':
      case 'refused':
        return first.resolve(answer);
      case 'socket':
        // The supervisor sends a socket with each such message, of the kind its purpose says.
        return take(answer.network, answer.purpose, socket as unknown as Server | DatagramSocket);
      case 'done':
        return waiting.get(answer.id)?.resolve();
      case 'failed':
        return waiting.get(answer.id)?.reject(new FabricError(answer.why));
    }
  });
  child.on('error', (error) => first.resolve({ kind: 'refused', why: error.message }));
  child.on('exit', () => {
    first.resolve({ kind: 'refused', why: "the lab's supervisor ended" });
    for (const { reject } of waiting.values()) reject(new FabricError("the lab's supervisor ended"));
  });
  const answer = await first.promise;
  if (answer.kind === 'refused') return answer;
  let id = 0;
  const send = async (request: Request): Promise<void> => {
    const done = Promise.withResolvers<void>();
    waiting.set(request.id, done);
    child.send(request);
    await done.promise.finally(() => waiting.delete(request.id));
  };
  return {
    kind: 'started',
    fabric: {
      apply: (plan, port) => send({ kind: 'apply', id: (id += 1), plan, port }),
      async [Symbol.asyncDispose]() {
        await send({ kind: 'end', id: (id += 1) }).catch(() => undefined);
        child.disconnect();
      },
    },
  };
}
