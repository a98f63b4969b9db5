import type { OperationWish } from '../operation.ts';

/** The kind of operation that sees to a host of containers: it is over when the host is there, and what it pulls is pulled. */
export const CONTAINER_HOST_OPERATION = 'container-host';

/** Asks for it. What is new goes again when its host cannot be, or its image cannot be pulled. */
export function containerHostOperation(isNew: boolean): OperationWish {
  return { kind: CONTAINER_HOST_OPERATION, input: { isNew } };
}
