import { plainArm, plainSender } from '../fault/plain-client.ts';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';
import type { Node } from './record.ts';

/** Where a node listens on loopback, without TLS; by default where the server says. */
export interface Way {
  readonly registry?: number;
  readonly control?: number;
}

/** The nodes behind these ways, as histories are recorded of them: `seawall` says who signs in, and how hosts are called. */
export function nodesOf(seawall: TestSeawall, registry: string, ways: readonly Way[] = [{}]): Promise<readonly Node[]> {
  return Promise.all(
    ways.map(async (way) => ({
      registry: plainSender(seawall, registry, way.registry),
      arm: await plainArm(seawall, way.control),
    })),
  );
}
