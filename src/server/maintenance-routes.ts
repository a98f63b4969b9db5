import type { JsonObject } from '../azure/json.ts';
import { accepted, okJson, type Reply, refuseArm } from '../http/reply.ts';
import type { ControlRoute } from './control-plane.ts';
import { type Maintenance, type TaskContext, type TaskKind, TaskRefusedError } from './maintenance.ts';
import { readObject } from './management.ts';
import { type DirectoryServices, ownerRoute } from './owner-route.ts';

/** What each kind of task does; throws {@link TaskRefusedError} before it begins where the body asks for what cannot be. */
export type TaskRuns = {
  readonly [K in TaskKind]: (body: JsonObject) => (context: TaskContext) => Promise<object>;
};

const PATH = '/seawall/maintenance';

/** The routes behind `seawall gc`, `verify` and `backup`, for the owner alone: a POST begins a task, a GET says how it stands. */
export function maintenanceRoutes(
  services: DirectoryServices & { readonly maintenance: Maintenance; readonly runs: TaskRuns },
): readonly ControlRoute[] {
  const { maintenance, runs } = services;
  const begin = (kind: TaskKind): ControlRoute =>
    ownerRoute(services, {
      spec: 'maintenance',
      method: 'POST',
      path: `${PATH}/${kind}`,
      handle: async (exchange) => {
        const read = await readObject(exchange);
        if ('kind' in read) return read.reply;
        return beginTask(maintenance, kind, () => runs[kind](read.body));
      },
    });
  return [
    begin('gc'),
    begin('verify'),
    begin('backup'),
    ownerRoute(services, {
      spec: 'maintenance',
      method: 'GET',
      path: `${PATH}/tasks/{task}`,
      handle: async (_, { task = '' }) => {
        const found = maintenance.task(task);
        return found === undefined ? unknown(task) : okJson(found);
      },
    }),
  ];
}

function beginTask(
  maintenance: Maintenance,
  kind: TaskKind,
  prepare: () => (context: TaskContext) => Promise<object>,
): Reply {
  try {
    const { begun, task } = maintenance.begin(kind, prepare());
    if (begun) return accepted({}, task);
  } catch (error) {
    if (!(error instanceof TaskRefusedError)) throw error;
    return refuseArm({ code: 'InvalidRequestContent', message: error.message });
  }
  return refuseArm({ code: 'Conflict', message: `Another '${kind}' is under way; wait until it has ended.` });
}

function unknown(task: string): Reply {
  return refuseArm({
    code: 'ResourceNotFound',
    message: `There is no task '${task}'; those of an earlier process are forgotten.`,
  });
}
