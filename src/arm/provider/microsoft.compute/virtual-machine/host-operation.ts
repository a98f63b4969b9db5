import type { OperationWish } from '../../../operation.ts';

/** The kind of operation that sees to a machine's host: it is over when the host is as the machine says. */
export const HOST_OPERATION = 'virtual-machine-host';

/** Asks for it. A machine that is new goes again when its host cannot be; one that was there stays, as `Failed`. */
export function hostOperation(isNew: boolean): OperationWish {
  return { kind: HOST_OPERATION, input: { isNew } };
}
