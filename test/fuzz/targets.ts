import { world } from '../../src/auth/world.fixture.ts';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { ARM_TARGETS } from './arm.ts';
import { CONNECTION_TARGETS } from './connection.ts';
import { listenerTargets } from './listener.ts';
import { NETWORK_TARGETS } from './network.ts';
import { OCI_TARGETS } from './oci.ts';
import type { Target } from './target.ts';
import { TEMPLATE_TARGETS } from './template.ts';
import { tokenTargets } from './token.ts';

/** Everything that is fuzzed, with the servers behind it; disposing stops these. */
export interface Targets extends AsyncDisposable {
  readonly all: readonly Target[];
}

/** Starts what targets need. */
export async function openTargets(): Promise<Targets> {
  await using stack = new AsyncDisposableStack();
  const tokens = stack.use(await world());
  const seawall = stack.use(await startSeawall({ settings: { firstByteTimeoutMs: '10000', idleTimeoutMs: '10000' } }));
  const all = [
    ...CONNECTION_TARGETS,
    ...NETWORK_TARGETS,
    ...OCI_TARGETS,
    ...ARM_TARGETS,
    ...TEMPLATE_TARGETS,
    ...(await tokenTargets(tokens)),
    ...(await listenerTargets(seawall)),
  ];
  const opened = stack.move();
  return { all, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
