import type { JsonObject } from '../../../azure/json.ts';
import type { StoredResource } from '../../../state/port.ts';
import type { ObservedContainer } from '../../container-hosts.ts';

/** How a container stands, as Azure shows it; one that nobody has seen yet waits. */
export function containerView(found: ObservedContainer | undefined): JsonObject {
  if (found === undefined) return { restartCount: 0, currentState: { state: 'Waiting', detailStatus: '' }, events: [] };
  const { state, restarts, startedMs, endedMs, exitCode } = found;
  const currentState = {
    state,
    ...(startedMs === undefined ? {} : { startTime: timeOf(startedMs) }),
    ...(endedMs === undefined ? {} : { finishTime: timeOf(endedMs) }),
    ...(exitCode === undefined ? {} : { exitCode }),
    detailStatus: exitCode === undefined ? '' : exitCode === 0 ? 'Completed' : 'Error',
  };
  return { restartCount: restarts, currentState, events: [] };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** How a group stands: over once each of its containers has ended and none is started again. */
export function groupState({ properties }: StoredResource, found: readonly ObservedContainer[] | undefined): string {
  if (found === undefined || found.length === 0) return 'Pending';
  const { restartPolicy } = properties;
  const isOver = (one: ObservedContainer): boolean =>
    one.state === 'Terminated' && (restartPolicy === 'Never' || (restartPolicy === 'OnFailure' && one.exitCode === 0));
  if (!found.every(isOver)) return 'Running';
  return found.every(({ exitCode }) => exitCode === 0) ? 'Succeeded' : 'Failed';
}
