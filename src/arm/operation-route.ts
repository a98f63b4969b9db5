import { may } from './authorise.ts';
import { findOperation, type FoundOperation, statusOf } from './operation.ts';
import type { ArmRoute } from './resource-type.ts';
import { type ActionOutcome, refused, type VerbContext } from './verb.ts';

const BELOW = '/subscriptions/{subscription}/providers/{namespace}/locations/{location}';

/** Where operations are asked for: how one stands, and what came of it (202 until it is over). */
export const OPERATION_ROUTES: readonly ArmRoute[] = [
  route('operations', (_, found) => ({
    kind: 'answered',
    body: statusOf(found),
    ...(found.operation.state.kind === 'running' ? { askAgainS: 1 } : {}),
  })),
  route('operationResults', ({ origin }, { operation: { state }, result }, apiVersion) => {
    switch (state.kind) {
      case 'running':
        return { kind: 'running', location: `${origin}${result}?api-version=${encodeURIComponent(apiVersion)}` };
      case 'succeeded':
        return { kind: 'answered', body: state.result ?? {} };
      case 'failed':
      case 'canceled':
        return refused(state.error);
    }
  }),
];

function route(
  word: string,
  show: (context: VerbContext, found: FoundOperation, apiVersion: string) => ActionOutcome,
): ArmRoute {
  return {
    method: 'GET',
    path: `${BELOW}/${word}/{operation}`,
    // Who began it is told, and who may read what it is about.
    permission: undefined,
    run: (context, { parameters: { subscription = '', operation = '' }, apiVersion }) => {
      const found = findOperation(context.view, operation);
      const isThere = found?.status.toLowerCase().startsWith(`/subscriptions/${subscription.toLowerCase()}/`) === true;
      return found !== undefined && isThere && mayAsk(context, found)
        ? show(context, found, apiVersion)
        : refused({ code: 'ResourceNotFound', message: `There is no operation '${operation}' in this subscription.` });
    },
  };
}

function mayAsk({ view, caller }: VerbContext, { operation, status }: FoundOperation): boolean {
  if (operation.caller === caller) return true;
  const namespace = /\/providers\/([^/]+)\//.exec(status)?.[1] ?? '';
  return may(view, caller, `${namespace}/locations/operations/read`, operation.resource);
}
