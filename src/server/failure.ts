import { type Reply, refuse, refuseArm } from '../http/reply.ts';
import { type Fault, faultOf } from '../sqlite/fault.ts';
import { DatabaseBusyError, DatabaseFilesError, DatabaseFullError } from '../sqlite/writer.ts';
import type { ListenerName } from './early-refusal.ts';
import { isFull } from '../store/file/file-error.ts';
import { NoSpaceError } from '../store/port.ts';

/** Why something could not be done, where the fault is in the surroundings: nothing was changed, and it may work later. */
type Shortage = 'space' | 'turn' | 'descriptors';

/** In seconds. */
const RETRY_AFTER = { 'retry-after': '5' };

/** What a request is answered that failed in a way no handler knows, in the form of its listener. */
export function failureReply(listener: ListenerName, error: unknown, correlationId: string): Reply {
  const shortage = shortageOf(error);
  return listener === 'registry' ? registryReply(shortage, correlationId) : controlReply(shortage, correlationId);
}

function registryReply(shortage: Shortage | undefined, correlationId: string): Reply {
  const detail = { correlationId };
  if (shortage === 'space') return refuse({ code: 'INSUFFICIENT_STORAGE', detail });
  if (shortage === undefined) return refuse({ code: 'INTERNAL', detail });
  return refuse({ code: 'UNAVAILABLE', message: WAITING[shortage], detail }, RETRY_AFTER);
}

function controlReply(shortage: Shortage | undefined, correlationId: string): Reply {
  if (shortage === 'space')
    return refuseArm({ code: 'InsufficientStorage', message: 'The server has no room left; nothing was changed.' });
  if (shortage !== undefined) return refuseArm({ code: 'ServiceUnavailable', message: WAITING[shortage] }, RETRY_AFTER);
  const message = `The server failed; its log says why under the correlation id ${correlationId}.`;
  return refuseArm({ code: 'InternalServerError', message });
}

const WAITING: Readonly<Record<Exclude<Shortage, 'space'>, string>> = {
  turn: 'another program keeps the database of the server; nothing was changed, try again',
  descriptors: 'the server has too many files and connections open; nothing was changed, try again',
};

const OF_FAULT: Readonly<Record<Fault, Shortage | undefined>> = {
  full: 'space',
  files: 'descriptors',
  busy: 'turn',
  database: undefined,
  statement: undefined,
};

/** What an error says is wanting; `undefined` where it says something else. */
export function shortageOf(error: unknown): Shortage | undefined {
  if (error instanceof NoSpaceError || error instanceof DatabaseFullError || isFull(error)) return 'space';
  if (error instanceof DatabaseBusyError) return 'turn';
  if (error instanceof DatabaseFilesError) return 'descriptors';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EMFILE' || code === 'ENFILE') return 'descriptors';
  return OF_FAULT[faultOf(error)];
}
